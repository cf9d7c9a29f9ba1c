"""Keys that never leave their token: PKCS#11 (OASIS, v2.40), by python-pkcs11. The library, the token's label and the
PIN are configured; key and certificate have the same label. A session is opened for each signature and closed again,
so that a token that was taken out and put back works without a restart.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import new
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

if TYPE_CHECKING:
    import pkcs11

ALONE = Lock()  # of this process: not every vendor's library bears two calls at once


class TokenAway(Exception):
    """What is needed of a token cannot be had; the message says what and why."""


class Token:
    """One token of one library. Raises `TokenAway` from all that it does."""

    def __init__(self, library: str, label: str, pin: str) -> None:
        self._library, self._label, self._pin = library, label, pin

    def __str__(self) -> str:
        return f"token {self._label!r} of {self._library}"

    @contextmanager
    def session(self) -> Iterator["pkcs11.Session"]:
        import pkcs11  # late: it loads the vendor's library
        from pkcs11 import exceptions as errors

        said = {
            errors.NoSuchToken: "is not there; look with `pkcs11-tool --module LIBRARY --list-slots`",
            errors.MultipleTokensReturned: "is there more than once; give each its own label",
            errors.PinIncorrect: "does not take this PIN; a few wrong ones lock it",
            errors.PinLenRange: "does not take a PIN of this length",
            errors.PinInvalid: "does not take this PIN",
            errors.PinLocked: "is locked after too many wrong PINs; its officer has to unlock it",
            errors.UserPinNotInitialized: "has no PIN yet; initialise it first",
            errors.TokenNotPresent: "was taken out",
            errors.DeviceRemoved: "was taken out",
        }
        with ALONE:
            try:
                with pkcs11.lib(self._library).get_token(token_label=self._label).open(user_pin=self._pin) as session:
                    yield session
            except errors.PKCS11Error as error:
                why = said.get(type(error)) or f"failed: {type(error).__name__} {error}".rstrip()
                raise TokenAway(f"{self} {why}") from error
            except (RuntimeError, OSError) as error:  # what the loader says of a file that is no such library
                raise TokenAway(f"{self._library} cannot be used as a PKCS#11 library: {error}") from error

    def certificates(self) -> dict[str, list[x509.Certificate]]:
        """All that it holds, by label."""
        from pkcs11 import Attribute, ObjectClass

        found: dict[str, list[x509.Certificate]] = {}
        with self.session() as session:
            for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
                try:
                    certificate = x509.load_der_x509_certificate(bytes(one[Attribute.VALUE]))
                except ValueError as error:
                    raise TokenAway(f"{self} holds a certificate that cannot be read: {error}") from error
                found.setdefault(str(one[Attribute.LABEL]), []).append(certificate)
        return found

    def key(self, label: str, certificate: x509.Certificate) -> "EllipticTokenKey | RsaTokenKey":
        """The private key under a label, for the public one of its certificate."""
        with self.session() as session:
            _find(self, session, label)
        public = certificate.public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            return EllipticTokenKey(self, label, public)
        if isinstance(public, rsa.RSAPublicKey):
            return RsaTokenKey(self, label, public)
        raise TokenAway(f"{self}: {label!r} is no RSA or elliptic-curve key")


def _find(token: Token, session: "pkcs11.Session", label: str) -> Any:
    from pkcs11 import Attribute, ObjectClass

    asked = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.SIGN: True, Attribute.LABEL: label}
    found = list(session.get_objects(asked))
    if len(found) != 1:
        raise TokenAway(f"{token} has {'no key' if not found else f'{len(found)} keys'} {label!r} that signs")
    return found[0]


class EllipticTokenKey(ec.EllipticCurvePrivateKey):
    """An elliptic-curve key of a token, as `cryptography` uses one. Whatever would need its secret is refused."""

    def __init__(self, token: Token, label: str, public: ec.EllipticCurvePublicKey) -> None:
        self.token, self.label, self._public = token, label, public

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:  # type: ignore[override]
        from pkcs11 import Mechanism

        algorithm = signature_algorithm.algorithm
        with self.token.session() as session:
            plain = _find(self.token, session, self.label).sign(_digest(data, algorithm), mechanism=Mechanism.ECDSA)
        half = len(plain) // 2
        return utils.encode_dss_signature(int.from_bytes(plain[:half], "big"), int.from_bytes(plain[half:], "big"))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def exchange(self, *_: Any) -> bytes:
        raise UnsupportedAlgorithm("a token's key signs only")

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        raise UnsupportedAlgorithm("a token's key does not leave it")

    def private_bytes(self, *_: Any) -> bytes:
        raise UnsupportedAlgorithm("a token's key does not leave it")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class RsaTokenKey(rsa.RSAPrivateKey):
    """The same for RSA, signing by PKCS #1 v1.5."""

    def __init__(self, token: Token, label: str, public: rsa.RSAPublicKey) -> None:
        self.token, self.label, self._public = token, label, public

    def sign(self, data: bytes, padding: padding.AsymmetricPadding, algorithm: Any) -> bytes:
        from pkcs11 import Mechanism

        mechanisms = {
            "sha256": Mechanism.SHA256_RSA_PKCS,
            "sha384": Mechanism.SHA384_RSA_PKCS,
            "sha512": Mechanism.SHA512_RSA_PKCS,
        }
        with self.token.session() as session:
            key = _find(self.token, session, self.label)
            return bytes(key.sign(data, mechanism=mechanisms[algorithm.name]))

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def decrypt(self, *_: Any) -> bytes:
        raise UnsupportedAlgorithm("a token's key signs only")

    def private_numbers(self) -> rsa.RSAPrivateNumbers:
        raise UnsupportedAlgorithm("a token's key does not leave it")

    def private_bytes(self, *_: Any) -> bytes:
        raise UnsupportedAlgorithm("a token's key does not leave it")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


TokenKey = EllipticTokenKey | RsaTokenKey


def _digest(data: bytes, algorithm: Any) -> bytes:
    if not isinstance(algorithm, hashes.HashAlgorithm):
        raise UnsupportedAlgorithm("a token's key hashes by itself")
    return new(algorithm.name, data).digest()


def only(found: Mapping[str, Sequence[x509.Certificate]], label: str, token: Token) -> x509.Certificate:
    """The one certificate under a label. Raises `TokenAway`."""
    here = found.get(label, ())
    if len(here) != 1:
        count = "no certificate" if not here else f"{len(here)} certificates"
        known = ", ".join(sorted(found)) or "none at all"
        raise TokenAway(f"{token} has {count} {label!r}; it holds {known}")
    return here[0]
