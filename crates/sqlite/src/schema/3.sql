-- What mail servers and people read with SQL. Nothing is stored twice: the views compute from entity, claim,
-- term, verifier and the head of a journal. Whoever asks names the local part and the domain apart, as mail
-- servers have them, because the same mailbox is reached under the other names of its domain too.
--
-- It keeps to what SQLite 3.37 knows, the first with STRICT tables: mail servers bring a SQLite of their own.
-- Cross joins keep the order in which they are written. A stream's present is the clock, but never before its
-- last entry, as everywhere. An expiring thing is good while now < its end.
--
-- How claims are spelled: `address/org_<26>/local@domain`, `domain/<name>`, `selector/mbx_<26>/<4>`.

-- Four indexes, all of claims, which change when an address, a domain or a secret does and not when anybody
-- changes the row behind it. Their conditions are such that none of them is ever confused with the key's order.

-- From an address to whoever has it.
CREATE INDEX claim_address ON claim (
    substr(claim, instr(claim, '@') + 1),
    substr(claim, 40, instr(claim, '@') - 40)
) WHERE substr(claim, 1, 8) = 'address/';

-- From a mailbox to its own address, which its row has only as it was written.
CREATE INDEX claim_mailbox ON claim (key)
WHERE substr(claim, 1, 8) = 'address/' AND substr(key, 1, 4) = 'mbx_';

-- From a domain to whoever verified it: a few rows an organisation.
CREATE INDEX claim_domain ON claim (substr(claim, 8)) WHERE substr(claim, 1, 7) = 'domain/';

-- From a mailbox and the first characters of a password to the one device, however many there are.
CREATE INDEX claim_selector ON claim (substr(claim, 10, 30), substr(claim, 41))
WHERE substr(claim, 1, 9) = 'selector/';

-- One row per live secret and protocol: what `login_device` would let in now, were the password right and the
-- network allowed. Former secrets are live while a rotation overlaps. A legacy password has no selector and is
-- not here; neither is an alias nor another name of a domain.
CREATE VIEW mail_device AS
SELECT
    substr(a.claim, 40, instr(a.claim, '@') - 40) AS local,
    substr(a.claim, instr(a.claim, '@') + 1) AS domain,
    substr(a.claim, 40) AS address,
    substr(s.claim, 41) AS selector,
    p.value AS protocol,
    v.secret AS digest,
    -- An IPv4-mapped network counts as the IPv4 network that it is.
    (SELECT group_concat(CASE
            WHEN substr(k.value, 1, 7) = '::ffff:' AND instr(k.value, '.') > 0
                AND CAST(substr(k.value, instr(k.value, '/') + 1) AS INTEGER) >= 96
            THEN substr(k.value, 8, instr(k.value, '/') - 7)
                || (CAST(substr(k.value, instr(k.value, '/') + 1) AS INTEGER) - 96)
            ELSE k.value
        END, ',')
        FROM json_each(e.body, '$.bounds.networks') AS k) AS allow_nets,
    nullif(min(
        coalesce(json_extract(e.body, '$.bounds.expires'), 9223372036854775807),
        coalesce(json_extract(g.body, '$.expires'), 9223372036854775807),
        CASE substr(s.claim, 41) WHEN json_extract(e.body, '$.secret.password.selector')
            THEN 9223372036854775807
            ELSE json_extract(e.body, '$.secret.password.former.until') END
    ), 9223372036854775807) AS until,
    coalesce((SELECT group_concat(r.value, ',')
        FROM json_each(CASE
            WHEN g.key IS NOT NULL THEN json_extract(g.body, '$.rights')
            -- Nobody's device may do what its protocols are for.
            WHEN instr(json_extract(e.body, '$.bounds.protocols'), '"managesieve"') > 0
                AND instr(json_extract(e.body, '$.bounds.protocols'), '"smtp"') > 0
            THEN '["send","forwarding","filters"]'
            WHEN instr(json_extract(e.body, '$.bounds.protocols'), '"managesieve"') > 0
            THEN '["forwarding","filters"]'
            WHEN instr(json_extract(e.body, '$.bounds.protocols'), '"smtp"') > 0 THEN '["send"]'
            ELSE '[]' END) AS r
        WHERE r.value <> 'send' OR json_extract(m.body, '$.sending') = 'allowed'), '') AS rights,
    e.key AS device,
    json_extract(e.body, '$.label') AS label,
    json_extract(e.body, '$.holder') AS holder,
    m.key AS mailbox,
    o.key AS organisation
FROM claim AS a
CROSS JOIN claim AS n ON n.claim = 'domain/' || substr(a.claim, instr(a.claim, '@') + 1)
CROSS JOIN entity AS d ON d.key = n.key
CROSS JOIN entity AS m ON m.key = a.key
CROSS JOIN entity AS o ON o.key = substr(a.claim, 9, 30)
-- Joined to text without an affinity: SQLite looks up nothing else in an index of expressions.
CROSS JOIN claim AS s ON substr(s.claim, 10, 30) = m.key || ''
CROSS JOIN entity AS e ON e.key = s.key
CROSS JOIN verifier AS v ON v.key = e.key || '/' || substr(s.claim, 41)
CROSS JOIN json_each(e.body, '$.bounds.protocols') AS p
LEFT JOIN entity AS g ON g.key = 'grt/' || m.key || '/' || json_extract(e.body, '$.holder')
LEFT JOIN entity AS u ON u.key = json_extract(e.body, '$.holder')
LEFT JOIN entity AS b ON b.key = 'mem/' || o.key || '/' || json_extract(e.body, '$.holder')
WHERE substr(a.claim, 1, 8) = 'address/'
    AND substr(s.claim, 1, 9) = 'selector/'
    AND substr(n.key, 5, 30) = o.key
    AND json_extract(d.body, '$.alias_of') IS NULL
    AND substr(m.key, 1, 4) = 'mbx_'
    AND json_extract(m.body, '$.state') = 'open'
    AND json_extract(o.body, '$.state') = 'active'
    AND json_extract(e.body, '$.state') = 'active'
    -- A list of no networks lets nobody in, and is not to be taken for none at all.
    AND json_extract(e.body, '$.bounds.networks') IS NOT '[]'
    AND (p.value <> 'smtp' OR json_extract(m.body, '$.sending') = 'allowed')
    AND (json_extract(e.body, '$.holder') IS NULL
        OR (json_extract(u.body, '$.state') = 'active'
            AND json_extract(b.body, '$.state') = 'active'
            AND g.key IS NOT NULL
            AND (p.value <> 'smtp' OR instr(json_extract(g.body, '$.rights'), '"send"') > 0)
            AND (p.value <> 'managesieve'
                OR (instr(json_extract(g.body, '$.rights'), '"filters"') > 0
                    AND instr(json_extract(g.body, '$.rights'), '"forwarding"') > 0))))
    AND max(
            CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
            (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1)
        ) < min(
            coalesce(json_extract(e.body, '$.bounds.expires'), 9223372036854775807),
            coalesce(json_extract(g.body, '$.expires'), 9223372036854775807),
            CASE substr(s.claim, 41)
                WHEN json_extract(e.body, '$.secret.password.selector') THEN 9223372036854775807
                WHEN json_extract(e.body, '$.secret.password.former.selector')
                THEN json_extract(e.body, '$.secret.password.former.until')
                ELSE 0 END
        );

-- What `resolve` answers for an address as it stands: who has it, also under another name of its domain, and
-- what to do with its mail. The local part is empty in one row per domain, which is for whatever nobody has.
-- Columns have the same affinity in both parts, or SQLite would not look into them from outside.
CREATE VIEW mail_address AS
-- Whoever has it. `h` is the mailbox, the alias or the freed address; `m` the mailbox that it leads to.
SELECT
    substr(a.claim, 40, instr(a.claim, '@') - 40) AS local,
    substr(n.claim, 8) AS domain,
    substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8) AS address,
    CASE substr(h.key, 1, 4) WHEN 'mbx_' THEN 'mailbox' WHEN 'als/' THEN 'alias' ELSE 'quarantine' END AS step,
    json_extract(d.body, '$.alias_of') AS alias_of,
    CASE
        WHEN m.key IS NULL OR json_extract(m.body, '$.state.closed') IS NOT NULL THEN 'refuse'
        WHEN json_extract(o.body, '$.state') = 'active' THEN 'accept'
        ELSE 'defer'
    END AS delivery,
    m.key AS mailbox,
    CASE h.key WHEN m.key THEN substr(a.claim, 40)
        ELSE (SELECT substr(c.claim, 40) FROM claim AS c
            WHERE c.key = m.key AND substr(c.claim, 1, 8) = 'address/' AND substr(c.key, 1, 4) = 'mbx_')
    END AS mailbox_address,
    o.key AS organisation,
    json_extract(o.body, '$.policy.separator') AS separator
FROM claim AS n
CROSS JOIN entity AS d ON d.key = n.key
CROSS JOIN entity AS o ON o.key = substr(n.key, 5, 30)
CROSS JOIN claim AS a ON substr(a.claim, instr(a.claim, '@') + 1)
    IN (substr(n.claim, 8), coalesce(json_extract(d.body, '$.alias_of'), substr(n.claim, 8)))
CROSS JOIN entity AS h ON h.key = a.key
LEFT JOIN entity AS m
    ON m.key = CASE substr(h.key, 1, 4) WHEN 'mbx_' THEN h.key WHEN 'als/' THEN substr(h.key, 5, 30) END
    AND json_extract(m.body, '$.state') <> 'deleted'
WHERE substr(n.claim, 1, 7) = 'domain/'
    AND substr(a.claim, 1, 8) = 'address/'
    AND substr(a.claim, 9, 30) = o.key
    AND json_extract(o.body, '$.state') <> 'deleted'
    -- Nothing longer is an address (RFC 5321 §4.5.3.1.3).
    AND length(CAST(substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8) AS BLOB)) <= 254
    AND (substr(h.key, 1, 4) <> 'fre/' OR json_extract(h.body, '$.until') > max(
            CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
            (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1)))
    -- What was freed under another name of a domain stays free of mail there; nothing else is there.
    AND (json_extract(d.body, '$.alias_of') IS NULL
        OR CASE substr(a.claim, instr(a.claim, '@') + 1) WHEN substr(n.claim, 8)
            THEN substr(h.key, 1, 4) = 'fre/'
            ELSE NOT EXISTS (
                SELECT 1 FROM claim AS q CROSS JOIN entity AS f ON f.key = q.key
                WHERE q.claim = 'address/' || o.key || '/'
                        || substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8)
                    AND json_extract(f.body, '$.until') > max(
                        CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
                        (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1)))
        END)
UNION ALL
-- Whatever nobody has: the catch-all, or nothing. And the managers' names (RFC 2142), which no catch-all takes, and
-- which are nobody's subaddresses.
SELECT
    r.value || '',
    substr(n.claim, 8),
    r.value || '@' || substr(n.claim, 8),
    CASE WHEN m.key IS NULL THEN 'unknown' ELSE 'catch_all' END,
    json_extract(d.body, '$.alias_of'),
    CASE
        WHEN m.key IS NULL OR json_extract(m.body, '$.state.closed') IS NOT NULL THEN 'refuse'
        WHEN json_extract(o.body, '$.state') = 'active' THEN 'accept'
        ELSE 'defer'
    END,
    m.key,
    (SELECT substr(c.claim, 40) FROM claim AS c
        WHERE c.key = m.key AND substr(c.claim, 1, 8) = 'address/' AND substr(c.key, 1, 4) = 'mbx_'),
    o.key,
    json_extract(o.body, '$.policy.separator')
FROM claim AS n
CROSS JOIN entity AS d ON d.key = n.key
CROSS JOIN entity AS o ON o.key = substr(n.key, 5, 30)
CROSS JOIN entity AS x ON x.key = 'dom/' || o.key || '/'
    || coalesce(json_extract(d.body, '$.alias_of'), substr(n.claim, 8))
CROSS JOIN json_each('["","postmaster","abuse","admin","administrator","hostmaster","webmaster","security","mailer-daemon"]') AS r
LEFT JOIN entity AS m ON m.key = CASE r.value WHEN '' THEN json_extract(x.body, '$.catch_all') END
    AND json_extract(m.body, '$.state') <> 'deleted'
WHERE substr(n.claim, 1, 7) = 'domain/'
    AND json_extract(o.body, '$.state') <> 'deleted'
    AND (r.value = '' OR NOT EXISTS (
        SELECT 1 FROM claim AS c CROSS JOIN entity AS h ON h.key = c.key
        WHERE c.claim IN (
                'address/' || o.key || '/' || r.value || '@' || substr(n.claim, 8),
                'address/' || o.key || '/' || r.value || '@' || json_extract(x.body, '$.name'))
            AND (substr(h.key, 1, 4) <> 'fre/' OR json_extract(h.body, '$.until') > max(
                CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
                (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1)))));

-- As what a person or a device may send now: one row per sender address and whoever may. Subaddresses of one's
-- own are not spelled out.
CREATE VIEW mail_sender AS
SELECT
    substr(a.claim, 40, instr(a.claim, '@') - 40) AS local,
    substr(n.claim, 8) AS domain,
    substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8) AS address,
    u.key AS who,
    'user' AS kind,
    m.key AS mailbox,
    (SELECT substr(c.claim, 40) FROM claim AS c
        WHERE c.key = m.key AND substr(c.claim, 1, 8) = 'address/' AND substr(c.key, 1, 4) = 'mbx_'
    ) AS mailbox_address,
    o.key AS organisation
FROM claim AS n
CROSS JOIN entity AS d ON d.key = n.key
CROSS JOIN entity AS o ON o.key = substr(n.key, 5, 30)
CROSS JOIN claim AS a ON substr(a.claim, instr(a.claim, '@') + 1)
    = coalesce(json_extract(d.body, '$.alias_of'), substr(n.claim, 8))
CROSS JOIN entity AS h ON h.key = a.key
CROSS JOIN entity AS m
    ON m.key = CASE substr(h.key, 1, 4) WHEN 'mbx_' THEN h.key WHEN 'als/' THEN substr(h.key, 5, 30) END
CROSS JOIN entity AS g ON g.key > 'grt/' || m.key || '/' AND g.key < 'grt/' || m.key || '0'
CROSS JOIN entity AS u ON u.key = substr(g.key, 36)
CROSS JOIN entity AS b ON b.key = 'mem/' || o.key || '/' || u.key
WHERE substr(n.claim, 1, 7) = 'domain/'
    AND substr(a.claim, 1, 8) = 'address/'
    AND substr(a.claim, 9, 30) = o.key
    AND length(CAST(substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8) AS BLOB)) <= 254
    AND json_extract(o.body, '$.state') = 'active'
    AND json_extract(m.body, '$.state') = 'open'
    AND json_extract(m.body, '$.sending') = 'allowed'
    AND (substr(h.key, 1, 4) = 'mbx_' OR json_extract(h.body, '$.sending') = 'allowed')
    AND json_extract(u.body, '$.state') = 'active'
    AND json_extract(b.body, '$.state') = 'active'
    AND instr(json_extract(g.body, '$.rights'), '"send"') > 0
    AND (json_extract(g.body, '$.expires') IS NULL OR json_extract(g.body, '$.expires') > max(
            CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
            (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1)))
    AND (json_extract(d.body, '$.alias_of') IS NULL OR NOT EXISTS (
        SELECT 1 FROM claim AS q CROSS JOIN entity AS f ON f.key = q.key
        WHERE q.claim = 'address/' || o.key || '/'
                || substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8)
            AND json_extract(f.body, '$.until') > max(
                CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
                (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1))))
UNION ALL
SELECT
    substr(a.claim, 40, instr(a.claim, '@') - 40),
    substr(n.claim, 8),
    substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8),
    t.key,
    'device',
    m.key,
    (SELECT substr(c.claim, 40) FROM claim AS c
        WHERE c.key = m.key AND substr(c.claim, 1, 8) = 'address/' AND substr(c.key, 1, 4) = 'mbx_'),
    o.key
FROM claim AS n
CROSS JOIN entity AS d ON d.key = n.key
CROSS JOIN entity AS o ON o.key = substr(n.key, 5, 30)
CROSS JOIN claim AS a ON substr(a.claim, instr(a.claim, '@') + 1)
    = coalesce(json_extract(d.body, '$.alias_of'), substr(n.claim, 8))
CROSS JOIN entity AS h ON h.key = a.key
CROSS JOIN entity AS m
    ON m.key = CASE substr(h.key, 1, 4) WHEN 'mbx_' THEN h.key WHEN 'als/' THEN substr(h.key, 5, 30) END
CROSS JOIN term AS t ON t.term = 'device/' || m.key
CROSS JOIN entity AS e ON e.key = t.key
LEFT JOIN entity AS g ON g.key = 'grt/' || m.key || '/' || json_extract(e.body, '$.holder')
LEFT JOIN entity AS u ON u.key = json_extract(e.body, '$.holder')
LEFT JOIN entity AS b ON b.key = 'mem/' || o.key || '/' || json_extract(e.body, '$.holder')
WHERE substr(n.claim, 1, 7) = 'domain/'
    AND substr(a.claim, 1, 8) = 'address/'
    AND substr(a.claim, 9, 30) = o.key
    AND length(CAST(substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8) AS BLOB)) <= 254
    AND json_extract(o.body, '$.state') = 'active'
    AND json_extract(m.body, '$.state') = 'open'
    AND json_extract(m.body, '$.sending') = 'allowed'
    AND (substr(h.key, 1, 4) = 'mbx_' OR json_extract(h.body, '$.sending') = 'allowed')
    AND json_extract(e.body, '$.state') = 'active'
    AND instr(json_extract(e.body, '$.bounds.protocols'), '"smtp"') > 0
    AND json_extract(e.body, '$.secret') <> 'missing'
    AND (json_extract(e.body, '$.holder') IS NULL
        OR (json_extract(u.body, '$.state') = 'active'
            AND json_extract(b.body, '$.state') = 'active'
            AND instr(json_extract(g.body, '$.rights'), '"send"') > 0))
    AND max(
            CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
            (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1)
        ) < min(
            coalesce(json_extract(e.body, '$.bounds.expires'), 9223372036854775807),
            coalesce(json_extract(g.body, '$.expires'), 9223372036854775807))
    AND (json_extract(d.body, '$.alias_of') IS NULL OR NOT EXISTS (
        SELECT 1 FROM claim AS q CROSS JOIN entity AS f ON f.key = q.key
        WHERE q.claim = 'address/' || o.key || '/'
                || substr(a.claim, 40, instr(a.claim, '@') - 39) || substr(n.claim, 8)
            AND json_extract(f.body, '$.until') > max(
                CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
                (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1))));

-- Who reaches a mailbox, by its own address: every grant, with what stands in the way of reading now.
CREATE VIEW mail_access AS
SELECT
    substr(a.claim, 40, instr(a.claim, '@') - 40) AS local,
    substr(a.claim, instr(a.claim, '@') + 1) AS domain,
    substr(a.claim, 40) AS address,
    u.key AS person,
    json_extract(u.body, '$.login.address') AS login,
    json_extract(u.body, '$.name') AS name,
    coalesce((SELECT group_concat(r.value, ',') FROM json_each(g.body, '$.rights') AS r), '') AS rights,
    json_extract(g.body, '$.given_at') AS since,
    json_extract(g.body, '$.expires') AS until,
    json_extract(g.body, '$.given_by') AS given_by,
    json_extract(g.body, '$.reason') AS reason,
    CASE
        WHEN json_extract(u.body, '$.state') <> 'active' THEN 'user_suspended'
        WHEN json_extract(m.body, '$.state.suspended') IS NOT NULL THEN 'mailbox_suspended'
        WHEN json_extract(m.body, '$.state.closed') IS NOT NULL THEN 'mailbox_closed'
        WHEN json_extract(o.body, '$.state') <> 'active' THEN 'organisation_suspended'
        WHEN b.key IS NULL THEN 'membership_missing'
        WHEN json_extract(b.body, '$.state') <> 'active' THEN 'membership_suspended'
        WHEN json_extract(g.body, '$.expires') <= max(
            CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER),
            (SELECT j.at FROM journal AS j WHERE j.stream = o.key ORDER BY j.seq DESC LIMIT 1))
        THEN 'grant_expired'
    END AS blocked,
    m.key AS mailbox,
    o.key AS organisation
FROM claim AS a
CROSS JOIN entity AS m ON m.key = a.key
CROSS JOIN entity AS o ON o.key = substr(a.claim, 9, 30)
CROSS JOIN entity AS g ON g.key > 'grt/' || m.key || '/' AND g.key < 'grt/' || m.key || '0'
CROSS JOIN entity AS u ON u.key = substr(g.key, 36)
LEFT JOIN entity AS b ON b.key = 'mem/' || o.key || '/' || u.key
WHERE substr(a.claim, 1, 8) = 'address/'
    AND substr(m.key, 1, 4) = 'mbx_'
    AND json_extract(m.body, '$.state') <> 'deleted'
    AND json_extract(o.body, '$.state') <> 'deleted'
    AND json_extract(u.body, '$.state') <> 'deleted';
