"""Times as a person says them."""

from datetime import datetime


def ago(at: datetime | None, now: datetime) -> str:
    """`5 min ago`, `in 2 h`; `never` where there is none."""
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if size >= length or unit == "s":
            amount = f"{size / length:.0f} {unit}"
            return f"{amount} ago" if seconds >= 0 else f"in {amount}"
    return ""


def briefly(at: datetime | None, now: datetime) -> str:
    """How far a time is away, past or to come, for a narrow column: `5m`, `3h`, `12d`; `now` below a minute."""
    if at is None:
        return ""
    size = abs((now - at).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if size >= length:
            return f"{size / length:.0f}{unit}"
    return "now"
