"""The editors this daemon has bridges to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core.errors import NotFoundError

if TYPE_CHECKING:
    from cuemark.core.settings import Settings
    from cuemark.hosts.bridge import Host

Hosts = dict[str, "Host"]


def hosts_of(settings: Settings) -> Hosts:
    """One bridge an editor; nothing is asked yet.  To be made on the daemon's event loop."""
    from cuemark.hosts.resolve.host import ResolveHost
    from cuemark.hosts.resolve.link import ResolveLink
    from cuemark.hosts.resolve.studio import StudioLink

    return {"resolve": ResolveHost(ResolveLink.from_settings(settings), StudioLink())}


def host_named(hosts: Hosts, name: str) -> Host:
    """Raises NotFoundError `host_unknown`."""
    if name not in hosts:
        raise NotFoundError("host_unknown", f"There is no editor {name!r}.", f"Use one of: {', '.join(sorted(hosts))}.")
    return hosts[name]
