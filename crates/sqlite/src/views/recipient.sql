SELECT delivery, step, mailbox, mailbox_address
FROM (
    SELECT delivery, step, mailbox, mailbox_address
    FROM mail_address WHERE local = :local AND domain = :domain
    UNION ALL
    SELECT delivery, step, mailbox, mailbox_address
    FROM mail_address
    WHERE local = substr(:local, 1, instr(:local, (
            SELECT separator FROM mail_address WHERE local = '' AND domain = :domain)) - 1)
        AND domain = :domain
    UNION ALL
    SELECT delivery, step, mailbox, mailbox_address
    FROM mail_address WHERE local = '' AND domain = :domain
)
LIMIT 1
