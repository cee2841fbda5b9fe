SELECT step, alias_of, delivery, mailbox, mailbox_address, organisation, separator
FROM mail_address
WHERE local = :local AND domain = :domain
