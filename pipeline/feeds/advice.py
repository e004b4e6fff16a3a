"""What a person can do about a feed that fails, by the reason of the failure; pure."""

from typing import Final

_ADVICE: Final = {
    "dns": "check the host's spelling; if it is right, the site may be gone, or your own name service may be down",
    "connect": "the server may be down, or closed to you; Wirewatch goes on trying",
    "timeout": "the server is slow or down; Wirewatch goes on trying. network.timeout_s in wirewatch.yaml gives it "
               "longer",
    "tls": "tell the site's operator; a bad certificate is never accepted. If the site still serves it, an http:// "
           "address works",
    "forbidden-address": "only public addresses are asked. A server of your own is reached by naming its host under "
                         "network.connect_to in wirewatch.yaml",
    "port": "only ports of the web are asked. A server of your own is reached by naming its host under "
            "network.connect_to in wirewatch.yaml",
    "scheme": "give the feed's http:// or https:// address",
    "url": "correct the address",
    "credentials": "take them out of the url and give them as a header from the environment: "
                   "headers: {Authorization: 'Basic ${NAME}'}",
    "too-large": "network.max_bytes in wirewatch.yaml allows more",
    "redirects": "open the address in a browser and take the one where it ends; a site that insists on cookies cannot "
                 "be read",
    "protocol": "the server does not speak proper HTTP; Wirewatch goes on trying",
    "encoding": "the server sends what cannot be unpacked; tell its operator",
    "robots": "the site does not want robots there. `robots: false` for this feed in feeds.yaml asks all the same: "
              "have a reason",
    "request": "correct the feed's headers in feeds.yaml",
    "malformed": "tell the site's operator. If the address is a page, `wirewatch feeds add ADDRESS` finds its feeds",
    "http-401": "it wants credentials: give them as a header from the environment: headers: {Authorization: "
                "'Bearer ${NAME}'}",
    "http-403": "the site refuses robots, this one, or your address. Ask its operator; network.contact in "
                "wirewatch.yaml tells them who you are",
    "http-404": "look for the feed's new address: `wirewatch feeds add` with the site's front page finds what it names",
    "http-410": "the site says that the feed is gone for good: take it out, or find its new address with `wirewatch "
                "feeds add` and the site's front page",
    "http-429": "it is asked too often, perhaps by others at your address; Wirewatch waits as long as the server says",
}
_SERVER: Final = "the server has trouble of its own; Wirewatch goes on trying"
_OTHER: Final = "Wirewatch goes on trying; open the address in a browser to see what it says"


def advice(reason: str) -> str:
    """What to do, by the reason of a failure (core/errors.py lists them)."""
    return _ADVICE.get(reason) or (_SERVER if reason.startswith("http-5") else _OTHER)
