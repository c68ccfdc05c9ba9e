"""Words of our own for the lexicon: people, weather, places, actions and attributes that a picture shows.

What somebody does or is like can be seen or it cannot; WordNet does not tell which, so these lists are written by hand.
"""

from __future__ import annotations


def _list(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.replace("\n", " ").split(","))


#: People by what anybody can see of them, parts of bodies, weather and light.
THINGS = _list(
    """person, man, woman, boy, girl, child, baby, toddler, teenager, old man, old woman, couple, family, crowd,
    people, group of people, audience, dancer, singer, musician, guitarist, drummer, pianist, violinist, band,
    orchestra, choir, cook, chef, waiter, waitress, farmer, firefighter, police officer, soldier, sailor,
    doctor, nurse, teacher, student, photographer, painter, actor, actress, bride, groom, skier, snowboarder,
    skater, surfer, swimmer, diver, runner, cyclist, driver, pilot, astronaut, worker, construction worker,
    mechanic, carpenter, barber, hairdresser, clown, magician, gymnast, boxer, wrestler, golfer, fisherman,
    hunter, hiker, climber, rider, jockey, cowboy, king, queen, monk, nun, priest, judge, referee, cheerleader,
    soccer player, football player, basketball player, baseball player, tennis player, hockey player, reporter,
    news anchor, presenter, speaker, businessman, businesswoman, model, mannequin, face, hand, hands, eye, eyes,
    hair, beard, foot, feet, legs, arm, finger, mouth, teeth, tattoo, footprints, snow, ice, rain, fog, mist,
    smoke, fire, flames, sparks, clouds, rainbow, lightning, sunset, sunrise, moon, stars, sun, shadow,
    reflection, waves, bubbles, dust, fireworks, explosion, water drops, text, logo, map, chart, diagram,
    screenshot, web page, title card, traffic light, stoplight, street sign, stop sign, road sign, traffic sign,
    billboard, comic book, menu, newspaper, scuba diver, poster, subtitles, cartoon, drawing, animation, video
    game, whiteboard, slide"""
)
SCENES = _list(
    """beach, sea, ocean, lake, river, waterfall, forest, jungle, meadow, field, desert, mountains, hills, valley,
    canyon, cliff, island, coast, harbor, city, town, village, street, city street, alley, highway, road, path,
    bridge, tunnel, park, garden, playground, backyard, farm, vineyard, parking lot, gas station, airport, train
    station, subway station, bus stop, shop, supermarket, market, mall, restaurant, cafe, bar, kitchen, living
    room, bedroom, bathroom, office, classroom, library, hospital, gym, stadium, concert, stage, theater,
    museum, church, temple, factory, workshop, garage, laboratory, studio, hallway, staircase, elevator,
    balcony, rooftop, swimming pool, skate park, ski slope, golf course, tennis court, basketball court,
    football field, race track, zoo, aquarium, circus, amusement park, construction site, ruins, cemetery,
    campsite, night sky, sky, underwater, outer space, aerial view, skyline"""
)
ACTIONS = _list(
    """walking, running, jogging, jumping, climbing, crawling, falling, standing, sitting, lying down, sleeping,
    waking up, dancing, singing, clapping, waving, pointing, hugging, kissing, shaking hands, laughing, smiling,
    crying, shouting, talking, giving a speech, talking on the phone, listening, reading, writing, typing,
    drawing, painting, cooking, baking, chopping vegetables, cutting, slicing, peeling, stirring, pouring,
    mixing, frying, grilling, washing dishes, eating, drinking, cleaning, sweeping, mopping, vacuuming, ironing,
    folding clothes, sewing, knitting, shaving, brushing teeth, combing hair, cutting hair, putting on makeup,
    getting dressed, washing hands, taking a shower, bathing, swimming, diving, surfing, sailing, rowing,
    kayaking, fishing, water skiing, skiing, snowboarding, ice skating, sledding, skateboarding, roller skating,
    cycling, riding a bicycle, riding a motorcycle, riding a horse, driving, parking, flying, landing, taking
    off, boarding, repairing, hammering, sawing, drilling, welding, building, digging, planting, watering
    plants, mowing the lawn, feeding, milking, petting, walking a dog, playing, playing soccer, playing
    football, playing basketball, playing baseball, playing tennis, playing volleyball, playing golf, playing
    hockey, playing table tennis, playing cards, playing chess, playing video games, playing guitar, playing
    piano, playing drums, playing violin, playing trumpet, playing saxophone, playing flute, conducting,
    throwing, catching, kicking, hitting, punching, boxing, wrestling, fencing, fighting, arm wrestling, lifting
    weights, doing push-ups, doing yoga, stretching, exercising, doing gymnastics, cartwheeling, somersaulting,
    juggling, bowling, bungee jumping, skydiving, paragliding, rock climbing, hiking, camping, hunting,
    shooting, archery, racing, pushing, pulling, carrying, lifting, opening a door, closing a door, climbing
    stairs, entering, leaving, waiting, shopping, paying, unpacking, wrapping, opening presents, blowing out
    candles, toasting, marching, parading, protesting, praying, getting married, filming, taking a photo, taking
    a selfie, working at a computer, presenting, grazing, barking, chasing, hatching, swimming underwater,
    perching, burning, exploding, melting, boiling, dripping, flowing, raining, snowing, spinning, rolling,
    swinging, sliding, crashing, floating, hovering"""
)
ATTRIBUTES = _list(
    """red, orange, yellow, green, blue, purple, pink, brown, black, white, gray, golden, silver, colorful, black
    and white, striped, spotted, checkered, transparent, shiny, rusty, wooden, metal, glass, plastic, stone,
    brick, leather, furry, fluffy, hairy, bald, wet, dry, frozen, snowy, icy, muddy, dusty, sandy, rocky,
    grassy, leafy, cloudy, foggy, sunny, rainy, stormy, dark, bright, big, small, tiny, huge, long, short, tall,
    wide, narrow, thin, thick, round, square, curved, steep, empty, crowded, full, open, closed, broken, old,
    new, young, modern, ancient, dirty, clean, blurry, close-up, smiling, sleeping, naked, armed, parked,
    moving, flying, burning, illuminated, abandoned, decorated"""
)
#: Words that mean an animal in a picture, whatever WordNet lists before it.
ANIMALS_FIRST = frozenset(_list("scorpion, crane, kite, ram, ewe, chameleon, canary, coral, dragon, swift, cardinal"))
#: Names that say too little of a picture, or that are read as another word first.
TOO_BROAD = frozenset(
    _list(
        """thing, object, entity, whole, unit, item, matter, artefact, artifact, instrumentality, instrumentation,
        commodity, consumer goods, durables, article, device, equipment, instrument, structure, construction,
        vertebrate, invertebrate, organism, being, creation, product, attachment, fixture, placental, chordate,
        craniate, covering, protective covering, container, conveyance, transport, implement, apparatus,
        mechanism, support, system, facility, part, component, piece, material, substance, block, natural
        object, body, formation, geological formation, way, passage, area, region, spot, place, point, line,
        side, top, bottom, end, edge, inside, outside, front, back, base, stock, means, must, make, let, set,
        cut, can, may, will, might, lot, bit, kind, sort, type, form, set up, solid, foodstuff, nutriment,
        ingredient, produce, mammal, placental mammal, aquatic vertebrate, warm-blooded, domestic animal, game,
        prey, young, male, female, land, ground, surface, opening, hole, connection, connector, link, joint,
        obstruction, barrier, plaything, creature, beast, animate being, fauna, plant life, flora, growth,
        organ, tube, thing of beauty, trade good, goods, good, merchandise, trouser, pant, work, works, plant,
        stuff, sign, mark, must, well, still, present, second, minute, square, circle, round, right, left,
        light, dark, cover, blind, black, white, red, blue, green, brown, gray, grey, orange, hood, spring,
        match, plane, arms, second hand, jack, mate, maria, root, murphy, cordial, deep, open, clear, quick"""
    )
)
#: Words that a marker shall never hold by itself.
NEVER = frozenset(
    _list(
        """loony bin, nuthouse, madhouse, funny farm, funny house, crazy house, nut house, snake pit, booby hatch,
        sweatbox, insane asylum, mental home, ass, bitch, cock, dick, prick, pussy, tit, boob, slut, rod, butt,
        bum, crap, screw, tool, rubber, joint, pot, weed, dope, crack, coke, speed, bomb, nuke, condom, dildo,
        vibrator, brothel, whorehouse, bordello, cathouse, enema, bedpan, urinal, potty, can, john, privy,
        latrine, nip, cracker, pecker, knob, member, organ, stiff, corpse, cadaver, douche, tampon, sanitary
        napkin, speculum, gas chamber, concentration camp, stockade, gallows, gibbet, guillotine, electric
        chair, garrote, iron maiden"""
    )
)
