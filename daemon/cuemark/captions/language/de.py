"""German: the words of talk."""

from __future__ import annotations

from cuemark.captions.language.language import Language, listed, without_ending

_FUNCTION = """
der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner keines dieser diese dieses
diesen diesem jener jene jenes jeder jede jedes jeden jedem alle allem alles allen aller welcher welche welches
welchen welchem solche solcher solches solchen mancher manche manches manchen beide beiden derselbe dieselbe dasselbe
ich du er sie es wir ihr mich dich ihn uns euch mir dir ihm ihnen sich mein meine meinen meinem meiner meines dein
deine deinen deinem deiner sein seine seinen seinem seiner seines ihre ihren ihrem ihrer ihres unser unsere unseren
unserem unserer euer eure euren eurem man jemand niemand etwas nichts einander wer wen wem wessen was wo wann warum
wieso weshalb wie wohin woher womit wofür wovon worüber wodurch
und oder aber denn sondern sowie doch wenn weil dass daß ob als obwohl während damit sodass bevor nachdem bis seit
seitdem falls indem sobald solange sowohl weder noch entweder je desto umso
in im an am auf aus bei beim mit nach von vom zu zum zur über unter vor hinter neben zwischen durch für gegen ohne um
entlang trotz wegen statt anstatt außer innerhalb außerhalb gegenüber ins ans aufs fürs ums pro per ab
bin bist ist sind seid war warst waren wart gewesen wird werde wirst werden werdet wurde wurden würde würden würdest
worden geworden habe hast hat haben habt hatte hattest hatten hätte hätten gehabt kann kannst können könnt konnte
konnten könnte könnten muss müssen musst musste mussten müsste müssten soll sollen sollst sollte sollten will willst
wollen wollt wollte wollten darf dürfen durfte durften dürfte mag mögen möchte möchten möchtest lassen lässt
nicht nie niemals auch nur schon noch immer wieder sehr zu so ganz ziemlich etwa fast mehr weniger meist meistens
viel viele vielen vieler wenig wenige wenigen genug dann da dort hier jetzt nun heute gestern morgen damals dabei
dafür dagegen dahin daher darum deshalb deswegen darauf daran darin daraus davon davor dazu danach dadurch daneben
darüber darunter hin her ja nein doch eben halt mal eigentlich einfach natürlich vielleicht wahrscheinlich wirklich
irgendwie irgendwann irgendwo irgendwas irgendein irgendeine irgendwelche also außerdem trotzdem allerdings jedoch
zwar sogar überhaupt bereits gerade selbst selber gleich erst zuerst zunächst später bald oft manchmal
"""
_COMMON = """
okay genau gut gute guten guter gutes besser beste besten schön toll super klar richtig stimmt danke bitte hallo
tschüss herzlich willkommen ähm äh hm aha ach oh so sozusagen quasi
weiß wissen weißt wusste gewusst denke denken denkt dachte gedacht glaube glauben glaubt sagen sage sagt sagte gesagt
erzählen erzählt reden redet sprechen spricht gesprochen meinen meine meint gemeint sehen sehe sieht sah gesehen
schauen schaut geschaut hören hört gehört fühlen finden finde findet fand gefunden gehen gehe geht ging gegangen
kommen komme kommt kam gekommen machen mache macht machte gemacht tun tut tat getan geben gibt gab gegeben nehmen
nimmt nahm genommen bringen bringt gebracht stehen steht stand liegen liegt lag stellen stellt gestellt setzen halten
hält bleiben bleibt blieb geblieben heißen heißt hieß brauchen brauche braucht nutzen nutzt benutzen verwenden
verwendet arbeiten zeigen zeigt gezeigt fangen fängt angefangen beginnen beginnt begann begonnen enden endet aufhören
versuchen versucht verstehen versteht verstanden erklären erklärt kennen kennt gekannt lernen lernt gelernt passieren
passiert funktioniert funktionieren gehört bekommen bekommt bekam führen führt laufen läuft lief scheint scheinen
bedeutet bedeuten groß große großen großer großes größer größte klein kleine kleinen kleiner kleines neu neue neuen
neuer neues alt alte alten lang lange langen kurz kurze hoch hohe hohen tief erste ersten erster erstes zweite
zweiten dritte letzte letzten letzter nächste nächsten nächster ander andere anderen anderer anderes anders
verschieden verschiedene verschiedenen wichtig wichtige wichtigen interessant interessante spannend spannende
schwierig leicht möglich bestimmt bestimmte bestimmten ding dinge dingen sache sachen teil teile art arten weise
punkt punkte fall fälle fällen beispiel beispiele grund gründe frage fragen antwort antworten thema themen idee ideen
problem probleme moment stelle seite zeit zeiten mal male tag tage tagen woche wochen monat monate monaten jahr jahre
jahren stunde stunden minute minuten leute leuten mensch menschen mann frau kind kinder leben welt ende anfang folge
podcast video sendung zuschauer zuhörer kanal gast anzahl paar reihe menge zwei drei vier fünf sechs sieben acht neun
zehn elf zwölf hundert tausend million millionen prozent einmal zweimal eins
"""
_ENDINGS = ("ern", "em", "en", "er", "es", "e", "n", "s")


def stem(word: str) -> str:
    """A word without the ending of its case and number: "Häuser" and "Häusern", "Wahlen" and "Wahl"."""
    return without_ending(word, _ENDINGS)


def is_verbal(word: str) -> bool:
    """Whether a word in small letters has no ending of an adjective before a noun."""
    return not word.endswith(("e", "er", "es", "en", "em"))


LANGUAGE = Language(
    code="de",
    function_words=listed(_FUNCTION),
    common_words=listed(_COMMON),
    joints=listed("der die das den dem des von vom für im in am an auf mit und zu zum zur über aus bei ohne gegen"),
    open_ended=listed("sehr ganz etwa"),
    question_words=listed(
        "was wie warum wieso weshalb wer wem wen wann wo wohin woher womit wofür welche welcher welches wodurch worin"
    ),
    pronouns=listed(
        "ich mich mir mein meine du dich dir dein deine er ihn ihm sie es ihr ihnen euch eure wir uns unser das dies"
        " diese dieser dieses da dabei damit dazu davon daran darauf hier dort man jetzt denn jene sowas"
    ),
    lead_ins=listed("also und aber ja nun dann oder denn okay gut so genau äh ähm naja"),
    stem=stem,
    is_verbal=is_verbal,
    capital_nouns=True,
    sample="Der alte Mann ging langsam die Straße hinunter und sprach mit seinem Nachbarn über das Wetter.",
    openings=listed("einleitung einführung intro anfang beginn begrüßung"),
    conjunction="und",
    numbered="Teil {}",
)
