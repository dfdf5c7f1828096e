"""The address that the page is served at. No Gradio here, so that a port in use is told at once."""

import errno
import socket

from ingest.errors import UserError


class AddressError(UserError):
    """The web application cannot listen where it was told to."""


def port_in_use(port: int) -> AddressError:
    """The error that says so."""
    return AddressError(f"Port {port} is in use by another program. Set ASSISTANT_PORT to a free port.")


def check_address(host: str, port: int) -> None:
    """Make sure that the address is free, before any model is loaded.

    Raises:
        AddressError: it is in use, or not an address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port in TIME_WAIT is free
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise port_in_use(port) from None
        if error.errno == errno.EACCES:
            raise AddressError(f"Port {port} may not be used by this user. Set ASSISTANT_PORT to a port above 1023.") from None
        raise AddressError(f"Cannot listen on {host}: {error.strerror}. Set ASSISTANT_HOST to an address of this machine.") from None
