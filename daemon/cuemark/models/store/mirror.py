"""Where models are fetched from: the hosts of the registry, or the mirror that CUEMARK_MODEL_URL names.

A mirror's address may hold a user's name and password.  They are taken out here and go into requests alone: addresses
as they are noted, recorded and shown never hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from cuemark.core.errors import OptionError
from cuemark.core.text import one_line, shorten

VARIABLE = "CUEMARK_MODEL_URL"


@dataclass(frozen=True)
class Mirror:
    """Scheme, host and path that take the place of scheme and host of every url; empty for the registry's own.

    `login` is (user, password) or None; `problem` says why the address cannot be used, "" where it can.
    """

    base: str = ""
    login: tuple[str, str] | None = field(default=None, repr=False)
    problem: str = ""

    @classmethod
    def of(cls, address: str) -> Mirror:
        """The mirror at an address as a user writes it; "" for none."""
        if not address:
            return cls()
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:  # whose words may repeat the password
            return cls(problem="something that cannot be read as an address")
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
        if parts.scheme not in ("http", "https") or not host or any(not sign.isprintable() for sign in address):
            return cls(problem=f"{_quoted(address)}, which is no http or https address")
        if parts.query or parts.fragment or port == 0:
            return cls(problem=f"{_quoted(address)}, which names more, or less, than a place to look below")
        login = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
        return cls(shown, login)

    @property
    def host(self) -> str:
        """Host and port; empty where there is no mirror, or none that can be asked."""
        return urlsplit(self.base).netloc

    def url(self, original: str) -> str:
        """Where a file of the registry is asked for."""
        return f"{self.base}{urlsplit(original).path}" if self.base else original

    def check(self) -> None:
        """Raises OptionError `setting_invalid` where the address cannot be used."""
        if self.problem:
            step = "Set it to one such as https://mirror.example, or unset it, and start the daemon again."
            raise OptionError("setting_invalid", f"{VARIABLE} is {self.problem}.", step)


def _quoted(address: str) -> str:
    """An address for a message: without names, passwords and keys, even where the rest of it makes no sense."""
    before, _, rest = address.rpartition("@")
    for mark in "?#":  # keys stand there, too
        rest = rest.partition(mark)[0] + (f"{mark}..." if mark in rest else "")
    return repr(shorten(one_line(f"...@{rest}" if before else rest), 200))
