"""Spanish: the words of talk."""

from __future__ import annotations

from cuemark.captions.language.language import Language, listed, without_ending

_FUNCTION = """
el la los las lo un una unos unas este esta estos estas esto ese esa esos esas eso aquel aquella aquellos aquellas
aquello mi mis tu tus su sus nuestro nuestra nuestros nuestras vuestro vuestra vuestros vuestras mío mía suyo suya
todo toda todos todas cada algún alguno alguna algunos algunas ningún ninguno ninguna otro otra otros otras mismo
misma mismos mismas tal tales tanto tanta tantos tantas varios varias ambos cualquier cualquiera demás
yo tú él ella usted ustedes nosotros nosotras vosotros ellos ellas me te se le les nos os mí ti sí conmigo contigo
alguien nadie algo nada quien quién quienes quiénes que qué cual cuál cuales cuáles cuyo cuya donde dónde cuando
cuándo como cómo cuanto cuánto cuánta cuántos cuántas porque por qué
y e o u pero sino ni si aunque mientras pues entonces así luego
de del a al en por para con sin sobre bajo entre hacia hasta desde contra según durante mediante ante tras excepto
salvo soy eres es somos sois son era eras éramos eran fui fue fuimos fueron será serán sería serían sea sean sido ser
siendo estoy estás está estamos estáis están estaba estaban estuvo estar estado esté he has ha hemos habéis han había
habían hay hubo habrá habría haya haber habido tengo tienes tiene tenemos tenéis tienen tenía tenían tuvo tendrá
tener tenido puedo puedes puede podemos pueden podía podían pudo podrá podría podrían poder debo debe debemos deben
debería deberían deber quiero quieres quiere queremos quieren quería querer voy vas va vamos van iba iban ir vaya
hago hace hacen hacemos hacía hizo hacer hecho haciendo
no nunca jamás también tampoco ya aún todavía siempre muy más menos mucho mucha muchos muchas poco poca pocos pocas
bastante demasiado casi solo sólo solamente tan aquí ahí allí allá acá ahora hoy ayer mañana antes después entonces
luego además incluso quizá quizás tal realmente sobre
"""
_COMMON = """
hola adiós gracias bienvenidos bienvenido vale bueno buena buenos buenas bien mejor mejores mal peor claro exacto
exactamente sí eh pues este verdad cierto efectivamente evidentemente obviamente básicamente simplemente
prácticamente probablemente normalmente generalmente especialmente principalmente finalmente absolutamente digamos
sé sabe saben sabemos sabes sabía saber creo cree creen creemos creer pienso piensa pensar pensado digo dice dicen
decimos decía dijo decir dicho diciendo hablo habla hablan hablamos hablar hablado hablando cuento cuenta contar ver
veo ve vemos ven visto viendo vi mira mirar escuchar oír siento siente sentir doy da dan dar dado pongo pone ponen
poner puesto tomar toma llevar lleva llevan venir viene vienen vino llegar llega llegan llegó salir sale pasar pasa
pasan pasó pasado quedar queda dejar deja empezar empieza empezamos empezó comenzar comienza terminar termina acabar
seguir sigue siguen entender entiende entiendo conocer conoce conocido preguntar explicar explica mostrar muestra
usar usa usan usamos usando utilizar utiliza utilizan trabajar trabaja buscar busca encontrar encuentra encontramos
llamar llama llaman llamado parecer parece intentar creer significa permite permiten suele gusta funciona funcionan
necesita necesitan necesitamos existe existen gran grande grandes pequeño pequeña pequeños pequeñas nuevo nueva
nuevos nuevas viejo vieja largo larga corto corta alto alta bajo baja primero primera primer primeros segunda tercero
tercera último última últimos últimas próximo próxima siguiente diferente diferentes distinto distintos importante
importantes interesante fácil difícil posible imposible simple real propio propia
cosa cosas parte partes tipo tipos forma formas manera punto puntos caso casos ejemplo ejemplos razón razones pregunta
preguntas respuesta respuestas idea ideas problema problemas vez veces momento momentos tiempo día días semana
semanas mes meses año años hora horas minuto minutos gente persona personas hombre mujer niño niños vida mundo lado
tema temas final inicio principio fin episodio podcast vídeo video vídeos programa canal invitado número cantidad
nivel hecho uno dos tres cuatro cinco seis siete ocho nueve diez cien cientos mil millón millones
"""


def stem(word: str) -> str:
    """A word without the ending of its plural and gender: "casas" and "casa", "ciudades" and "ciudad"."""
    if len(word) > 5 and word.endswith("ces"):
        return word[:-3] + "z"
    return without_ending(word, ("es", "os", "as", "s", "o", "a", "e"))


def is_verbal(word: str) -> bool:
    """Whether it is an adverb or a verb by its ending."""
    return word.endswith(("mente", "ando", "iendo", "aban", "aron", "ieron", "amos", "emos", "imos"))


LANGUAGE = Language(
    code="es",
    function_words=listed(_FUNCTION),
    common_words=listed(_COMMON),
    joints=listed("de del la el los las en a al y e para por con sin sobre entre un una"),
    open_ended=listed("muy más menos"),
    question_words=listed("qué cómo cuándo dónde quién quiénes cuál cuáles cuánto cuánta cuántos cuántas"),
    pronouns=listed(
        "yo me mi mis tú tu tus te él ella le lo ellos ellas les nosotros nos usted ustedes su sus esto eso ese esa"
        " esos esas este aquello ahí allí aquí ahora"
    ),
    lead_ins=listed("pues y pero entonces bueno así vale ok eh luego o"),
    stem=stem,
    is_verbal=is_verbal,
    sample="El viejo bajaba despacio por la calle y hablaba con su vecino sobre el tiempo.",
    openings=listed("introducción intro inicio comienzo bienvenida"),
    conjunction="y",
    numbered="Parte {}",
    question_marks=("¿", "?"),
)
