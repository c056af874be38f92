"""Ports by the names that dumps without `-n` print.

Frozen, so that the same dump reads alike on every machine. Names and numbers: the IANA
Service Name and Transport Protocol Port Number Registry, and where marked the /etc/services
of Debian (netbase), which net-tools and ss ask.
"""

from __future__ import annotations

PORTS = {
    "echo": 7,
    "discard": 9,
    "daytime": 13,
    "chargen": 19,
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "time": 37,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "gopher": 70,
    "finger": 79,
    "http": 80,
    "www": 80,  # Debian netbase, until 2020
    "www-http": 80,
    "kerberos": 88,
    "pop3": 110,
    "sunrpc": 111,
    "auth": 113,
    "nntp": 119,
    "ntp": 123,
    "epmap": 135,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "netbios-ssn": 139,
    "imap": 143,
    "imap2": 143,  # Debian netbase
    "snmp": 161,
    "snmptrap": 162,
    "bgp": 179,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "submissions": 465,
    "isakmp": 500,
    "syslog": 514,
    "printer": 515,
    "submission": 587,
    "ipp": 631,
    "ldaps": 636,
    "domain-s": 853,
    "rsync": 873,
    "imaps": 993,
    "pop3s": 995,
    "ms-sql-s": 1433,
    "ms-sql-m": 1434,
    "radius": 1812,
    "nfs": 2049,
    "mysql": 3306,
    "ms-wbt-server": 3389,
    "epmd": 4369,
    "ipsec-nat-t": 4500,
    "sip": 5060,
    "sips": 5061,
    "mdns": 5353,
    "postgresql": 5432,
    "amqp": 5672,
    "amqps": 5671,
    "x11": 6000,
    "redis": 6379,  # Debian netbase
    "http-alt": 8080,
    "ajp13": 8009,  # Debian netbase, until 2020
}
"""Port by service name, lower case."""
