"""How letters that Unicode does not decompose are spelled in ASCII (lower case; capitals follow)."""

from __future__ import annotations

_LATIN = "ß=ss æ=ae œ=oe ø=o đ=d ð=d þ=th ł=l ħ=h ı=i ŋ=ng"
_CYRILLIC = (
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh "
    "щ=shch ъ= ы=y ь= э=e ю=yu я=ya і=i ї=yi є=ye ґ=g ў=u"
)
_GREEK = "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o"
_SIGNS = '‘=\' ’=\' “=" ”=" «=" »=" –=- —=- …=... ×=x €=EUR £=GBP •=- ·=- →=->'


def _read(*tables: str) -> dict[str, str]:
    return {pair[0]: pair[2:] for table in tables for pair in table.split()}


LETTERS: dict[str, str] = _read(_LATIN, _CYRILLIC, _GREEK, _SIGNS)
