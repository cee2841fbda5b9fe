SELECT address, digest, allow_nets, until, rights, device, holder
FROM mail_device
WHERE local = :local AND domain = :domain AND selector = :selector AND protocol = :protocol
