"""Makes the signed file that ``camid catalogue update`` takes, from the catalogue of this checkout.

    python -m scripts.sign_catalogue key ~/camid-catalogue.pem   # once: a private key; prints its public one
    python -m scripts.sign_catalogue sign --key ~/camid-catalogue.pem -o camid-catalogue-2026-11-28.camid

The private key never lies in a repository: a place inside this one is refused. Its passphrase, if it is to
have one, is taken from the environment variable CAMID_SIGNING_PASSPHRASE.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.disk import write_private
from edge.vendors.installed import SHIPPED
from edge.vendors.signed import files_in, public_text, seal, unseal

ROOT = Path(__file__).resolve().parents[1]


def make_key(place: Path, passphrase: bytes | None) -> Ed25519PrivateKey:
    """Writes a new private key (PEM, PKCS 8), readable by its owner only."""
    if place.resolve().is_relative_to(ROOT):
        raise SystemExit("A private key must not lie in the repository: choose a place outside.")
    if place.exists():
        raise SystemExit(f"{place} exists already.")
    key = Ed25519PrivateKey.generate()
    cipher = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    write_private(place, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, cipher))
    return key


def load_key(place: Path, passphrase: bytes | None) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(place.read_bytes(), passphrase)
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"{place} cannot be used: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SystemExit(f"{place} holds no Ed25519 key.")
    return key


def signed(folder: Path, key: Ed25519PrivateKey) -> tuple[bytes, str]:
    """The signed file and the version of its catalogue, which is checked as whoever takes it will.

    Raises:
        CamidError: naming the entry that is wrong.
    """
    data = seal(files_in(folder), key)
    return data, unseal(data, [key.public_key()]).catalogue.label


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    making = tasks.add_parser("key", help="make a private key and print the public one")
    making.add_argument("place", type=Path)
    signing = tasks.add_parser("sign", help="sign the catalogue")
    signing.add_argument("--key", type=Path, required=True)
    signing.add_argument("--data", type=Path, default=SHIPPED, help="folder with the TOML files")
    signing.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    passphrase = os.environ.get("CAMID_SIGNING_PASSPHRASE", "").encode() or None
    if options.task == "key":
        print(public_text(make_key(options.place, passphrase).public_key()))
        return
    data, version = signed(options.data, load_key(options.key, passphrase))
    options.out.write_bytes(data)
    print(f"{options.out}: catalogue {version}, {len(data)} bytes")


if __name__ == "__main__":
    main()
