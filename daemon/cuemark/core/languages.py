"""Codes of languages: ISO 639-1 ("en") from the ways in which files and people name a language."""

from __future__ import annotations

import re

_LANGUAGES = """
af afr Afrikaans|am amh Amharic|ar ara Arabic|as asm Assamese|az aze Azerbaijani|ba bak Bashkir|be bel Belarusian|
bg bul Bulgarian|bn ben Bengali|bo bod,tib Tibetan|br bre Breton|bs bos Bosnian|ca cat Catalan|cs ces,cze Czech|
cy cym,wel Welsh|da dan Danish|de deu,ger German|el ell,gre Greek|en eng English|eo epo Esperanto|es spa Spanish|
et est Estonian|eu eus,baq Basque|fa fas,per Persian|fi fin Finnish|fo fao Faroese|fr fra,fre French|ga gle Irish|
gl glg Galician|gu guj Gujarati|ha hau Hausa|haw haw Hawaiian|he heb Hebrew|hi hin Hindi|hr hrv Croatian|
ht hat Haitian|hu hun Hungarian|hy hye,arm Armenian|id ind Indonesian|is isl,ice Icelandic|it ita Italian|
ja jpn Japanese|jv jav,jw Javanese|ka kat,geo Georgian|kk kaz Kazakh|km khm Khmer|kn kan Kannada|ko kor Korean|
la lat Latin|lb ltz Luxembourgish|ln lin Lingala|lo lao Lao|lt lit Lithuanian|lv lav Latvian|mg mlg Malagasy|
mi mri,mao Maori|mk mkd,mac Macedonian|ml mal Malayalam|mn mon Mongolian|mr mar Marathi|ms msa,may Malay|
mt mlt Maltese|my mya,bur Burmese|ne nep Nepali|nl nld,dut Dutch|nn nno Nynorsk|no nor,nob,nb Norwegian|
oc oci Occitan|pa pan Punjabi|pl pol Polish|ps pus Pashto|pt por Portuguese|ro ron,rum Romanian|ru rus Russian|
sa san Sanskrit|sd snd Sindhi|si sin Sinhala|sk slk,slo Slovak|sl slv Slovenian|sn sna Shona|so som Somali|
sq sqi,alb Albanian|sr srp Serbian|su sun Sundanese|sv swe Swedish|sw swa Swahili|ta tam Tamil|te tel Telugu|
tg tgk Tajik|th tha Thai|tk tuk Turkmen|tl tgl,fil Tagalog|tr tur Turkish|tt tat Tatar|uk ukr Ukrainian|ur urd Urdu|
uz uzb Uzbek|vi vie Vietnamese|yi yid Yiddish|yo yor Yoruba|zh zho,chi,cmn,yue Chinese|zu zul Zulu
"""
_ALSO = {"castilian": "es", "mandarin": "zh", "cantonese": "zh", "iw": "he", "in": "id", "farsi": "fa", "flemish": "nl"}


def _names() -> dict[str, str]:
    entries = (entry.split(" ", 2) for entry in _LANGUAGES.replace("\n", "").split("|"))
    return {code: name for code, _, name in entries}


def language_name(code: str) -> str:
    """The English name of a language by its ISO 639-1 code; one that is not known is its own name."""
    return _names().get(code, code)


def _codes() -> dict[str, str]:
    found = dict(_ALSO)
    for entry in _LANGUAGES.replace("\n", "").split("|"):
        code, others, name = entry.split(" ", 2)
        found |= dict.fromkeys((code, *others.split(","), name.lower()), code)
    return found


_CODES = _codes()
_TAG = re.compile(r"([a-z]{2,3})(?:[-_](?:[a-z]{2}|[a-z]{4}|\d{3}))*", re.IGNORECASE)


def language_code(text: str) -> str:
    """The ISO 639-1 code behind "EN", "eng", "en-US", "pt_BR", "zh-Hans" or "English"; "" where it names no language.

    Of a language that has no code of two letters it is the one of three.
    """
    word = text.strip().lower()
    tag = _TAG.fullmatch(word)
    return _CODES.get(tag[1] if tag else word, "")
