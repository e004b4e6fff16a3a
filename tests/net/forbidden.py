"""URLs that must never be asked for, each with the reason; names without a public address resolve as in NAMES."""

from typing import Final

NAMES: Final = {
    "loop.example": ["127.0.0.1"], "loop6.example": ["::1"], "private.example": ["10.1.2.3"],
    "cgnat.example": ["100.64.0.1"], "metadata.example": ["169.254.169.254"], "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"], "nat64-local.example": ["64:ff9b:1::8.8.8.8"],
    "6to4.example": ["2002:7f00:1::1"], "teredo.example": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"], "mixed6.example": ["93.184.216.34", "fd00::1"],
    "zero.example": ["0.0.0.0"], "ula.example": ["fd12:3456::1"], "linklocal6.example": ["fe80::1%eth0"],
    "multicast.example": ["224.0.0.251"], "broadcast.example": ["255.255.255.255"], "nonsense.example": ["localhost"],
    "azure.example": ["168.63.129.16"], "compatible.example": ["::8.8.8.8"],
}

FORBIDDEN_ADDRESS: Final = [
    # plain
    "http://127.0.0.1/", "http://127.0.0.1:80/", "http://127.1.2.3/", "http://127.255.255.254/", "http://0.0.0.0/",
    "http://0.1.2.3/", "http://10.0.0.1/", "http://10.255.255.255/", "http://172.16.0.1/", "http://172.31.255.255/",
    "http://192.168.0.1/", "http://192.168.255.255/", "http://100.64.0.1/", "http://100.127.255.255/",
    "http://169.254.1.1/", "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/v2/credentials/",
    "http://100.100.100.200/latest/meta-data/", "http://168.63.129.16/", "http://192.0.0.1/", "http://192.0.0.192/",
    "http://192.0.2.1/", "http://198.51.100.7/", "http://203.0.113.9/", "http://198.18.0.1/",
    "http://198.19.255.255/", "http://192.88.99.1/", "http://192.31.196.1/", "http://192.52.193.1/",
    "http://192.175.48.1/", "http://224.0.0.1/", "http://239.255.255.250/", "http://240.0.0.1/",
    "http://255.255.255.255/",
    # odd spellings of IPv4
    "http://2130706433/", "http://3232235521/", "http://2852039166/latest/", "http://0/", "http://1/", "http://127.1/",
    "http://127.0.1/", "http://10.1/", "http://192.168.1/", "http://0177.0.0.1/", "http://0177.0.0.01/",
    "http://00177.0.0.1/", "http://017700000001/", "http://0x7f000001/", "http://0x7F000001/", "http://0x7f.0.0.1/",
    "http://0x7f.0x0.0x0.0x1/", "http://0x7f.1/", "http://0xa9fea9fe/", "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0251.0376.0251.0376/", "http://127.0.0.0x1/", "http://127.0.0.01/", "http://127.000.000.001/",
    "http://127.0.0.1./", "http://2130706433./", "http://127.0.0.256/", "http://127.0.0.0.1/", "http://256.1.1.1/",
    "http://134744072/", "http://08.8.8.8/", "http://1.1/", "http://0x/", "http://example.0x7f/",
    "http://99999999999/", "http://foo.127/",
    # Unicode digits and dots
    "http://１２７.０.０.１/", "http://127。0。0。1/", "http://127．0．0．1/", "http://127｡0｡0｡1/", "http://①②⑦.⓪.⓪.①/",
    "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/", "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/", "http://１６９.２５４.１６９.２５４/", "http://８.８.８.８/",
    "http://127.0.0.1\u00ad/", "http://127.0.0.\u200b1/", "http://２１３０７０６４３３/", "http://0ｘ7f.1/",
    # IPv6
    "http://[::]/", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]/", "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::ffff:8.8.8.8]/",
    "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/", "http://[::7f00:1]/", "http://[::8.8.8.8]/",
    "http://[::ffff:0:127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b::8.8.8.8]/", "http://[64:ff9b:1::7f00:1]/", "http://[64:ff9b:1::808:808]/",
    "http://[2002:7f00:1::]/", "http://[2002:a00:1::1]/", "http://[2002:808:808::1]/", "http://[2001::1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "http://[2001:2::1]/", "http://[2001:10::1]/",
    "http://[2001:20::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[100::1]/", "http://[5f00::1]/",
    "http://[2620:4f:8000::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/latest/meta-data/", "http://[fe80::1]/",
    "http://[fec0::1]/", "http://[ff02::1]/", "http://[4000::1]/", "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/", "http://[::1%25lo]/", "http://[2606:4700::1%251]/",
    # names
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/", "http://ｌocalhost/",
    "http://localhost.localdomain/", "http://ip6-localhost/", "http://ip6-loopback/", "http://printer.local/",
    "http://metadata.google.internal/computeMetadata/v1/", "http://router.home.arpa/", "http://abcdef.onion/",
    "http://wiki.intranet/", "http://ⓛocalhost/",
    *(f"http://{name}/" for name in NAMES), "https://loop.example/", "http://LOOP.example./", "http://loop.example:8080/",
]

FORBIDDEN_OTHER: Final = [
    *((url, "scheme") for url in (
        "ftp://example.com/", "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:6379/_PING",
        "dict://example.com:2628/", "ldap://example.com/", "javascript:alert(1)", "data:text/html,hi",
        "ws://example.com/", "jar:http://example.com!/", "unix:///run/docker.sock", "feed://example.com/",
        "//example.com/",
        "/relative", "example.com/", "", "view-source:http://example.com/", "netdoc:///etc/passwd", "http+unix://x/",
        "ht\u017ftp://example.com/", "mailto:a@example.com", "httpx://example.com/", "http:example.com",
        "http:/example.com/", "urn:uuid:1",
    )),
    *((url, "credentials") for url in (
        "http://user@example.com/", "http://user:secret@example.com/", "http://@example.com/", "http://:@example.com/",
        "http://example.com@127.0.0.1/", "http://127.0.0.1@example.com/", "http://example.com%40@127.0.0.1/",
        "http://a:b@c:d@example.com/", "https://example.com:443@127.0.0.1:6379/", "http://user@[::1]/",
        "http://example.com\uff0f@x",
    )),
    *((f"http://example.com:{port}/", "port") for port in (
        1, 7, 19, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 514, 587, 636, 873, 993, 995, 1433, 1521,
        2049, 2375, 2379, 3000, 3306, 3389, 5000, 5432, 5601, 5672, 5900, 6000, 6379, 6443, 7001, 8009, 8086, 8200,
        8500, 8983, 9000, 9042, 9092, 9200, 9300, 10250, 11211, 15672, 27017, 50000, 65535,
    )),
    *((url, "url") for url in (
        "http://", "http:///", "http:///127.0.0.1/", "http://?q", "http://#f", "http://:80/", "http://./", "http://../",
        "http://a..b/", "http://.example.com/", "http://example.com../", "http://exa mple.com/", "http://127.0.0.1 /",
        "http://exa\tmple.com/", "http://example.com\n.evil.example/", "http://exam\x00ple.com/",
        "http://example.com/\r\nHost: localhost", "http://example.com/\x00", "http://example.com\\@127.0.0.1/",
        "http:\\\\127.0.0.1\\", "http://example.com\\.evil.example/", "http://127.0.0.1\\example.com/",
        "http://example.com/a\\..\\b", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.com/",
        "http://example%2ecom/", "http://[::1/", "http://::1/", "http://[::1]x/", "http://[v1.x]/", "http://[]/",
        "http://[127.0.0.1]/", "http://[::1]:80:80/", "http://example.com:80:80/",
        "http://example.com:http/", "http://example.com:-1/", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:99999999999/", "http://example.com:８０/", "http://example.com: 80/", "http://exa<mple.com/",
        "http://exa\"mple.com/", "http://exa|mple.com/", "http://exa^mple.com/", "http://exa$mple.com/",
        "http://" + "a" * 64 + ".com/", "http://" + "a." * 200 + "com/", "http://example.com/" + "a" * 9000,
        "http://example.com/\x7f", "http://example.com/\x85", "http://\ud800.com/", "http://example.com/\ud800",
        "http://xn--\u2603.com\u2044evil/", "http://example.com&.evil/", "http://*/",
        "http://ex*mple.com/",
    )),
]

FORBIDDEN: Final[list[tuple[str, str]]] = [
    *((url, "forbidden-address") for url in FORBIDDEN_ADDRESS), *FORBIDDEN_OTHER,
]
