"""Secrets of the configuration, kept out of what is printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, quote_plus

_SHORTEST: Final = 4
"""What is shorter is no secret, and would be found everywhere."""

_SAFE: Final = "/:@!$&'()*+,;=~._?%[]|^-"  # as net/address.py escapes


@dataclass(frozen=True, slots=True)
class Secrets:
    """Values that must not be shown, each with what stands for it, longest first."""

    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, values: Iterable[tuple[str, str]]) -> "Secrets":
        """`values` are (secret, what is shown instead); a secret is also known as it stands escaped in a URL."""
        spelled: dict[str, str] = {}
        for value, shown in values:
            for form in (value, quote(value, safe=_SAFE), quote(value, safe=""), quote_plus(value)):
                if len(form) >= _SHORTEST:
                    spelled.setdefault(form, shown)
        return cls(tuple(sorted(spelled.items(), key=lambda pair: -len(pair[0]))))

    def hidden(self, text: str) -> str:
        """`text` without any of them."""
        for value, shown in self.values:
            text = text.replace(value, shown)
        return text

    def hidden_in(self, value: Any) -> Any:
        """What JSON can hold, with every text in it `hidden`."""
        if not self.values:
            return value
        if isinstance(value, str):
            return self.hidden(value)
        if isinstance(value, dict):
            return {key: self.hidden_in(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.hidden_in(part) for part in value]
        return value
