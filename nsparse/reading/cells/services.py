"""Ports by the names that dumps without `-n` print.

Frozen, so that the same dump reads alike on every machine. Names and numbers: the IANA
Service Name and Transport Protocol Port Number Registry, and where marked the /etc/services
of Debian (netbase) or of Red Hat (setup), which net-tools and ss ask.
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
    "rpki-rtr": 323,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "kpasswd": 464,
    "submissions": 465,
    "urd": 465,
    "isakmp": 500,
    "exec": 512,
    "login": 513,
    "syslog": 514,
    "shell": 514,
    "printer": 515,
    "dhcpv6-client": 546,
    "dhcpv6-server": 547,
    "rtsp": 554,
    "submission": 587,
    "ipp": 631,
    "ldaps": 636,
    "domain-s": 853,
    "rsync": 873,
    "imaps": 993,
    "pop3s": 995,
    "rmiregistry": 1099,
    "openvpn": 1194,
    "ms-sql-s": 1433,
    "ms-sql-m": 1434,
    "ncube-lm": 1521,
    "l2tp": 1701,
    "pptp": 1723,
    "radius": 1812,
    "radius-acct": 1813,
    "ssdp": 1900,
    "nfs": 2049,
    "shilp": 2049,
    "eforward": 2181,
    "ethernet/ip-1": 2222,
    "etcd-client": 2379,
    "etcd-server": 2380,
    "hbci": 3000,
    "remoteware-cl": 3000,
    "squid": 3128,  # Debian netbase
    "surveyinst": 3212,
    "iscsi-target": 3260,
    "mysql": 3306,
    "ms-wbt-server": 3389,
    "nut": 3493,
    "distcc": 3632,
    "svn": 3690,
    "ws-discovery": 3702,
    "terabase": 4000,
    "epmd": 4369,
    "ipsec-nat-t": 4500,
    "munin": 4949,
    "commplex-main": 5000,
    "sip": 5060,
    "sips": 5061,
    "xmpp-client": 5222,
    "xmpp-server": 5269,
    "mdns": 5353,
    "llmnr": 5355,
    "hostmon": 5355,  # Red Hat setup
    "postgresql": 5432,
    "postgres": 5432,  # macOS
    "esmagent": 5601,
    "nrpe": 5666,
    "amqps": 5671,
    "amqp": 5672,
    "rfb": 5900,
    "vnc-server": 5900,
    "wsman": 5985,
    "wsmans": 5986,
    "x11": 6000,
    "x11-ssh-offset": 6010,  # Red Hat setup
    "dbdb": 6104,
    "redis": 6379,  # Debian netbase
    "sun-sr-https": 6443,
    "ldoms-mgmt": 6482,
    "afs3-fileserver": 7000,
    "afs3-callback": 7001,
    "irdmi": 8000,
    "mxi": 8005,
    "ajp13": 8009,  # Debian netbase, until 2020
    "http-alt": 8080,
    "webcache": 8080,  # Red Hat setup
    "sunproxyadmin": 8081,
    "tproxy": 8081,  # Debian netbase
    "us-cli": 8082,
    "us-srv": 8083,
    "d-s-n": 8086,
    "radan-http": 8088,
    "pcsync-https": 8443,
    "sunwebadmin": 8800,
    "ddi-tcp-1": 8888,
    "cslistener": 9000,
    "websm": 9090,
    "xmlipcregsvc": 9092,
    "jetdirect": 9100,  # Red Hat setup
    "pdl-datastream": 9100,
    "bacula-dir": 9101,
    "bacula-fd": 9102,
    "bacula-sd": 9103,
    "wap-wsp": 9200,
    "vrace": 9300,
    "git": 9418,
    "tungsten-https": 9443,
    "abyss": 9999,
    "distinct": 9999,
    "ndmp": 10000,
    "zabbix-agent": 10050,
    "zabbix-trapper": 10051,
    "memcache": 11211,
    "mountd": 20048,
}
"""Port by service name, lower case."""


def is_half(name: str) -> bool:
    """Whether a name is no service, but the beginning of one.

    >>> is_half("ht"), is_half("http"), is_half("443")
    (True, False, False)
    """
    word = name.lower()
    return word not in PORTS and any(known.startswith(word) for known in PORTS)
