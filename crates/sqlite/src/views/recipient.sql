SELECT delivery, step, mailbox, mailbox_address
FROM (
    SELECT delivery, step, mailbox, mailbox_address
    FROM mail_address WHERE local = :local AND domain = :domain
    UNION ALL
    SELECT delivery, step, mailbox, mailbox_address
    FROM mail_address
    WHERE local IN (
            substr(:local, 1, instr(:local, '+') - 1), substr(:local, 1, instr(:local, '-') - 1),
            substr(:local, 1, instr(:local, '=') - 1), substr(:local, 1, instr(:local, '#') - 1))
        AND domain = :domain
        AND local = substr(:local, 1, instr(:local, separator) - 1)
    UNION ALL
    SELECT delivery, step, mailbox, mailbox_address
    FROM mail_address WHERE local = '' AND domain = :domain
)
LIMIT 1
