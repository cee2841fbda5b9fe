SELECT mailbox, mailbox_address
FROM mail_sender
WHERE local = :local AND domain = :domain AND who = :who
