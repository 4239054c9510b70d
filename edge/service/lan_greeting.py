"""What the terminal shows to whoever brings a phone: where to trust the box, and the QR code that pairs."""

from __future__ import annotations

from rich.console import Console

from edge.lan.qr import terminal_qr
from edge.service.lan_address import LanAddress
from edge.service.lan_side import LanSide
from edge.service.pairing_codes import USUAL_SCOPES, Invitation, invite
from edge.service.pairing_store import PairingStore, Wish
from edge.settings import Settings


def greet_lan(console: Console, lan: LanSide, pairings: PairingStore, settings: Settings) -> None:
    """At the start of a service. A code is made only where a person can see it, not for a journal.

    Raises:
        CamidError: ``store_full``.
    """
    show_trust(console, lan.address, lan.certificate.authority.fingerprint)
    if console.is_terminal:
        wish = Wish(USUAL_SCOPES, settings.phone_days)
        show_invitation(console, lan.address, invite(pairings, wish, settings.pairing_code_s))
    else:
        _say(console, "camid lan pair shows a QR code that pairs a phone.")


def show_trust(console: Console, address: LanAddress, fingerprint: str) -> None:
    if not address.is_reached:
        _say(console, "No phone can reach this address: the machine has no private address to listen on now.")
    for one in address.others:
        _say(console, f"also {one}/")
    _say(console, f"Once on every phone: open {address.trust}/ and trust this box there.")
    _say(console, "SHA-256 of its authority, which that page must show too:")
    _say(console, fingerprint[:47])
    _say(console, fingerprint[48:])
    if console.is_terminal:
        _draw(console, f"{address.trust}/")


def show_invitation(console: Console, address: LanAddress, invitation: Invitation) -> None:
    """The address stands under the code for whoever cannot scan it."""
    url = invitation.address(address.service)
    _say(console, f"Then pair it: this code is for one phone, until {invitation.expires_at}.")
    _draw(console, url)
    _say(console, url)


def _draw(console: Console, text: str) -> None:
    console.file.write(terminal_qr(text))
    console.file.flush()


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
