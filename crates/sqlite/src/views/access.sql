SELECT person, login, rights, since, until, given_by, blocked
FROM mail_access
WHERE local = :local AND domain = :domain
