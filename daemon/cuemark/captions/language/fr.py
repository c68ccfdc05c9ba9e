"""French: the words of talk."""

from __future__ import annotations

from cuemark.captions.language.language import Language, listed, without_ending

_FUNCTION = """
le la les l' un une des du de d' au aux ce cet cette ces c' ça cela ceci celui celle ceux celles quel quelle quels
quelles mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs tout toute tous toutes chaque plusieurs aucun
aucune certain certaine certains certaines quelque quelques autre autres même mêmes tel telle tels telles
je j' tu il elle on nous vous ils elles me m' te t' se s' lui moi toi eux soi y en qui que qu' quoi dont où lequel
laquelle lesquels lesquelles duquel auquel personne rien quelqu'un quelqu' chacun chacune
et ou mais donc or ni car si comme quand lorsque lorsqu' puisque puisqu' parce quoique bien afin tandis pendant alors
à dans par pour sur sous avec sans vers chez entre contre depuis dès avant après derrière devant hors selon malgré
parmi jusque jusqu' jusqu'à durant envers lors via près loin autour
suis es est sommes êtes sont étais était étions étiez étaient serai sera seras serons serez seront serais serait
seraient sois soit soient été être ai as a avons avez ont avais avait avions aviez avaient aurai aura auras aurons
aurez auront aurais aurait auraient aie ait aient eu avoir peux peut pouvons pouvez peuvent pouvait pouvaient pourra
pourrait pourraient pouvoir dois doit devons devez doivent devait devrait devraient devoir faut fallait faudra
faudrait veux veut voulons voulez veulent voulait voudrais voudrait vouloir vais va vas allons allez vont allait
allaient irai ira aller fais fait faites font faisait faisons faire faut
ne n' pas plus moins jamais aussi encore déjà toujours très trop assez peu beaucoup tant tellement presque seulement
vraiment plutôt surtout ici là là-bas ainsi puis ensuite enfin maintenant aujourd'hui hier demain parfois souvent
tantôt bientôt tard tôt oui non voilà voici quand-même donc est-ce qu'est-ce n'est c'est d'abord
"""
_COMMON = """
bonjour salut merci abord vite passons parlons demandent demande dépend dépendent vérifiez nettoie nettoyer bienvenue
revoir ok okay d'accord accord euh ben bah hein bon bonne bons bonnes mieux meilleur meilleure super génial
exactement évidemment effectivement forcément probablement peut-être simplement justement finalement généralement
notamment absolument clairement voire genre sais sait savons savez savent savait savoir su pense penses pensons
pensez pensent pensait penser pensé crois croit croire dis dit dites disent disait dire dirais parle parles parlons
parlez parlent parlait parler parlé voir vois voit voyez voyons vu voient regarde regardez regarder entend entendre
entendu trouve trouves trouvez trouver trouvé donne donner donné prend prends prendre pris prenez met mets mettre mis
mettez vient viens venir venu viennent passe passer passé passent reste rester arrive arriver arrivé arrivent
commence commencer commencé commençons finir fini continue continuer comprendre compris comprend connaître connais
connaît connu demander demande explique expliquer expliqué montre montrer montré utilise utiliser utilisé utilisent
marche marcher travaille travailler cherche chercher permet permettre appelle appeler appelé essaie essayer tient
tenir porte porter aime aimer veut signifie devient devenir laisse laisser suit suivre grand grande grands grandes
petit petite petits petites nouveau nouvelle nouveaux nouvelles vieux vieille long longue court haut haute bas
premier première premiers premières deuxième troisième dernier dernière derniers dernières prochain prochaine
différent différente différents différentes important importante importants intéressant intéressante facile difficile
possible impossible simple vrai vraie sûr sûre seul seule seuls propre chose choses truc trucs partie parties sorte
sortes type types façon manière point points cas exemple exemples raison raisons question questions réponse réponses
idée idées problème problèmes fois moment moments temps jour jours semaine semaines mois an ans année années heure
heures minute minutes gens personnes homme femme enfant enfants vie monde côté sujet fin début épisode podcast vidéo
vidéos émission invité nombre ensemble peu fait niveau coup deux trois quatre cinq six sept huit neuf dix cent
mille million millions pour cent
"""


def stem(word: str) -> str:
    """A word without the endings of plural and feminine: "grandes" and "grand", "animaux" and "animal"."""
    if len(word) > 5 and word.endswith("aux"):
        return word[:-3] + "al"
    return without_ending(word, ("es", "s", "x", "e"))


def is_verbal(word: str) -> bool:
    """Whether it is a verb by its ending; too many nouns end like an infinitive to tell these."""
    return word.endswith(("ez", "aient", "ions", "eront")) and not word.endswith(("tions", "sions", "xions", "nez"))


LANGUAGE = Language(
    code="fr",
    function_words=listed(_FUNCTION),
    common_words=listed(_COMMON),
    joints=listed("de d' du des à au aux en la le les l' et pour sur dans par sans avec entre un une"),
    open_ended=listed("très trop plus moins"),
    question_words=listed("comment pourquoi que qu' qui quand où quel quelle quels quelles combien qu'est-ce"),
    pronouns=listed(
        "je j' me m' moi mon ma mes tu te t' toi ton ta tes il elle lui ils elles leur leurs eux nous notre vous votre"
        " vos ça cela ce c' ceci celui celle y en là on se s'"
    ),
    lead_ins=listed("alors et mais donc bon ben oui non voilà euh ok puis or car"),
    elisions=listed("l d j m t s c n qu jusqu lorsqu puisqu quelqu"),
    stem=stem,
    is_verbal=is_verbal,
    sample="Le vieil homme descendait lentement la rue et parlait avec son voisin du temps qu'il faisait.",
    openings=listed("introduction intro début ouverture bienvenue"),
    conjunction="et",
    numbered="Partie {}",
    question_marks=("", " ?"),
)
