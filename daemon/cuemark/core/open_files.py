"""How many files a process may have open: each connection is one, also a stranger's that says nothing."""

from __future__ import annotations

import logging

MOST_FILES = 8192
"""macOS refuses more than its own 10240 whatever the hard limit says."""

_LOG = logging.getLogger(__name__)


def raised_file_limit() -> int:
    """How many files may be open, after raising the limit.

    The limit that programs start with is 256 on macOS and 1024 on Linux, where they may mostly have far more.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            _LOG.info("the limit of %d open files stays: %s", soft, error)
    (soft, _) = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft
