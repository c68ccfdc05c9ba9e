"""Short talks of our own in several languages, each as chapters with the word their titles must name."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cuemark.chapters.spoken_titles import ChapterPart


@dataclass(frozen=True)
class KnownTalk:
    """Chapters (what is said in each), and for each the words of which a title must have one."""

    language: str
    chapters: tuple[tuple[str, ...], ...]
    topics: tuple[tuple[str, ...], ...]

    @property
    def parts(self) -> list[ChapterPart]:
        return [spoken(number, *said) for number, said in enumerate(self.chapters)]


def spoken(number: int, *sentences: str, read: tuple[str, ...] = (), seen: tuple[str, ...] = ()) -> ChapterPart:
    """A chapter of a minute in which these sentences are said."""
    return ChapterPart(Fraction(60 * number), Fraction(60 * number + 60), sentences, read, seen)


ENGLISH = KnownTalk(
    "en",
    (
        (
            "Hello everyone, and welcome back to the garden.",
            "Today we start with the compost heap, because everything else depends on it.",
            "A good compost heap needs air, water and a mixture of green and brown material.",
            "If the compost heap smells, there is too little air in it.",
            "I turn my compost with a fork every two weeks.",
        ),
        (
            "So now let us move on to tomato plants.",
            "Tomato plants want warm soil, so wait until the last frost is over.",
            "I tie each of the tomato plants to a stick and break off the side shoots.",
            "Water the roots, never the leaves of the tomato plants.",
        ),
        (
            "What do you do about slugs?",
            "How do you keep slugs away without poison?",
            "Slugs come out at night, and copper tape stops slugs quite well.",
            "Some people put out beer traps, and hedgehogs eat slugs too.",
        ),
        (
            "Finally a few words about the rain barrel.",
            "My rain barrel stands under the gutter of the shed and holds two hundred litres.",
            "Cover the rain barrel, or mosquitoes will breed in it.",
            "With a rain barrel from Gardena you can connect a hose.",
        ),
    ),
    (("compost",), ("tomato",), ("slugs",), ("barrel",)),
)
GERMAN = KnownTalk(
    "de",
    (
        (
            "Hallo zusammen und herzlich willkommen zu einer neuen Folge.",
            "Heute geht es zuerst um den Sauerteig, denn ohne Sauerteig gibt es kein gutes Roggenbrot.",
            "Der Sauerteig braucht Mehl, Wasser und vor allem Geduld.",
            "Ich füttere meinen Sauerteig jeden Morgen.",
        ),
        (
            "Jetzt kommen wir zum Backofen.",
            "Der Backofen muss richtig heiß sein, am besten mit einem Stein.",
            "Wer den Backofen zu früh öffnet, verliert den ganzen Dampf.",
            "Ich heize den Backofen eine Stunde vor.",
        ),
        (
            "Und wie lagert man das Brot?",
            "Für die Lagerung nehme ich einen Brotkasten aus Holz.",
            "Im Brotkasten bleibt die Kruste knusprig.",
            "Ein Brotkasten gehört nicht in die Sonne.",
        ),
    ),
    (("Sauerteig", "Roggenbrot"), ("Backofen",), ("Brotkasten", "Lagerung", "Brot")),
)
FRENCH = KnownTalk(
    "fr",
    (
        (
            "Bonjour à tous et bienvenue dans cette nouvelle vidéo.",
            "On va parler d'abord de la chaîne du vélo, parce que la chaîne du vélo s'use très vite.",
            "Je nettoie la chaîne avec un chiffon et un peu d'huile.",
            "Une chaîne du vélo bien propre fait moins de bruit.",
        ),
        (
            "Passons maintenant aux freins à disque.",
            "Les freins à disque demandent des plaquettes neuves chaque année.",
            "Quand les freins à disque font du bruit, il y a souvent de la graisse dessus.",
        ),
        (
            "Et pour finir, la pression des pneus.",
            "La pression des pneus dépend de votre poids et de la route.",
            "Vérifiez la pression des pneus avant chaque sortie.",
        ),
    ),
    (("chaîne", "vélo"), ("freins",), ("pression", "pneus")),
)
SPANISH = KnownTalk(
    "es",
    (
        (
            "Hola a todos y bienvenidos otra vez al programa.",
            "Hoy empezamos con el aceite de oliva, porque el aceite de oliva es la base de esta cocina.",
            "El aceite de oliva virgen tiene un sabor más fuerte.",
            "Guardad el aceite en un lugar oscuro.",
        ),
        (
            "Ahora vamos con el arroz.",
            "¿Cómo se cocina el arroz perfecto?",
            "El arroz bomba absorbe mucho caldo y no se rompe.",
            "Dejad reposar el arroz cinco minutos.",
        ),
        (
            "Y para terminar, los cuchillos de cocina.",
            "Los cuchillos de cocina se afilan con una piedra de agua.",
            "Un cuchillo sin filo es peligroso.",
        ),
    ),
    (("aceite", "oliva"), ("arroz",), ("cuchillos", "cuchillo")),
)
ARABIC = KnownTalk(
    "ar",
    (
        (
            "مرحبا بكم في هذه الحلقة عن زراعة النخيل في الواحات.",
            "زراعة النخيل تحتاج إلى ماء كثير في الصيف.",
            "يقول الفلاحون إن زراعة النخيل مهنة قديمة جدا.",
        ),
        (
            "ننتقل الآن إلى صناعة السفن الخشبية في الميناء.",
            "صناعة السفن كانت فخر المدينة في الماضي.",
            "اليوم يعمل في صناعة السفن عدد قليل من الرجال.",
        ),
        (
            "وأخيرا نتحدث عن سوق التوابل في المدينة.",
            "في سوق التوابل تجد الزعفران والقرفة في كل مكان.",
            "سوق التوابل مفتوح كل يوم إلا الجمعة.",
        ),
    ),
    (("زراعة", "النخيل"), ("صناعة", "السفن"), ("سوق", "التوابل")),
)
JAPANESE = KnownTalk(
    "ja",
    (
        (
            "こんにちは、今日はまず日本刀の歴史について話します。",
            "日本刀の歴史はとても長いです。",
            "有名な刀鍛冶が日本刀を作りました。",
        ),
        (
            "次は茶道の作法です。",
            "茶道ではお茶を飲む前に菓子を食べます。",
            "茶道の作法は難しいと言われています。",
        ),
        (
            "最後に新幹線の話をします。",
            "新幹線は東京から大阪まで走ります。",
            "新幹線のスピードは世界でも有名です。",
        ),
    ),
    (("日本刀",), ("茶道",), ("新幹線",)),
)
TALKS = (ENGLISH, GERMAN, FRENCH, SPANISH, ARABIC, JAPANESE)
