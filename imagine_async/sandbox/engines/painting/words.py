"""The vocabulary: which words name which scene attributes.

Every table maps a canonical name to its words, in the singular; phrases have spaces. Plurals are undone
before the look-up, see :mod:`~imagine_async.sandbox.engines.painting.prompt`.
"""

from __future__ import annotations

COLOURS = {
    "d2242b": "red crimson scarlet ruby cherry",
    "f07f1e": "orange tangerine amber copper ginger",
    "e6b02e": "golden gold yellow mustard lemon honey",
    "3f9b46": "green emerald jade lime olive",
    "1f9e98": "teal turquoise cyan aqua",
    "2a62c9": "blue azure cobalt navy sapphire indigo",
    "7d3fb8": "purple violet lavender lilac magenta",
    "ee7fae": "pink coral fuchsia",
    "f4f3ef": "white ivory cream",
    "26262b": "black ebony dark-coloured",
    "84898f": "grey gray silver",
    "7a4b2a": "brown chocolate bronze tan",
}

TIMES = {
    "dawn": "dawn sunrise morning daybreak",
    "day": "day noon midday daylight daytime afternoon sunny",
    "golden": "golden hour|late afternoon|warm light|summer evening",
    "sunset": "sunset dusk evening twilight sundown",
    "night": "night midnight nighttime moonlight moonlit star starry nocturnal|milky way|northern lights",
}

WEATHERS = {
    "clear": "clear cloudless",
    "cloudy": "cloudy cloud overcast",
    "rain": "rain rainy raining drizzle shower wet",
    "storm": "storm stormy thunderstorm lightning thunder tempest",
    "snow": "snow snowy snowing snowfall winter wintry blizzard frost frosty icy ice arctic",
    "fog": "fog foggy mist misty haze hazy",
}

PLACES = {
    "room": "room interior kitchen bedroom library cafe office indoors|living room",
    "studio": "studio product packshot backdrop table desk|on a table|plain background|white background",
    "underwater": "underwater reef aquarium undersea|coral reef|deep sea|under the sea|under water",
    "space": "space galaxy nebula cosmos universe cosmic interstellar|outer space",
    "abstract": "abstract pattern swirl fractal fluid psychedelic wallpaper",
    "city": "city skyline cityscape downtown skyscraper urban street cyberpunk metropolis tokyo|new york",
    "village": "village hamlet town cottagecore",
    "island": "island archipelago atoll",
    "waterfall": "waterfall cascade",
    "river": "river stream creek brook",
    "lake": "lake pond reflection fjord",
    "beach": "beach shore seaside coastline",
    "sea": "sea ocean wave bay coast coastal harbour harbor",
    "desert": "desert dune sahara sand",
    "forest": "forest wood woods woodland jungle grove pine",
    "mountains": "mountain peak alps alpine himalaya valley summit canyon cliff glacier volcano",
    "meadow": "meadow field grass grassland prairie garden hill countryside farm pasture park plain",
}
"""Most telling first: of several places in a prompt the first of these is painted."""

SEASONS = {
    "autumn": "autumn fall october november autumnal",
    "spring": "spring blossom sakura april blooming",
}

SUBJECTS = {
    "fox": "fox vixen",
    "cat": "cat kitten kitty feline",
    "dog": "dog puppy hound corgi shiba labrador retriever",
    "wolf": "wolf wolves husky coyote",
    "rabbit": "rabbit bunny hare",
    "bear": "bear panda grizzly",
    "owl": "owl",
    "bird": "bird seagull gull crow raven eagle swallow dove crane heron hawk",
    "horse": "horse pony stallion mare unicorn zebra",
    "deer": "deer stag doe elk moose reindeer antelope",
    "fish": "fish goldfish koi salmon",
    "whale": "whale dolphin orca",
    "butterfly": "butterfly butterflies moth",
    "tree": "tree oak maple willow|lone tree",
    "conifer": "fir spruce conifer|christmas tree|pine tree",
    "palm": "palm coconut tropical|palm tree",
    "flower": "flower rose tulip daisy poppy sunflower lily orchid wildflower petal",
    "mushroom": "mushroom toadstool fungus fungi",
    "cactus": "cactus cacti saguaro",
    "boat": "boat sailboat yacht canoe|sailing boat",
    "ship": "ship galleon frigate vessel|pirate ship",
    "car": "car automobile taxi jeep sedan vehicle|sports car",
    "castle": "castle fortress palace citadel",
    "lighthouse": "lighthouse beacon",
    "house": "house cabin cottage hut home barn farmhouse",
    "windmill": "windmill",
    "person": "person man woman boy girl traveller traveler hiker wanderer figure monk wizard people human child "
    "king queen knight portrait samurai witch",
    "astronaut": "astronaut spaceman cosmonaut",
    "robot": "robot android mech droid",
    "mug": "mug cup coffee tea espresso teacup|coffee mug",
    "bottle": "bottle perfume wine flask",
    "shoe": "shoe sneaker trainer boot",
    "lamp": "lamp lantern|desk lamp",
    "chair": "chair armchair stool",
    "vase": "vase pot jar",
    "bouquet": "bouquet|vase of flowers|vase with flowers|vase with roses|flower vase|pot of flowers",
    "apple": "apple fruit",
    "balloon": "balloon|hot air balloon|hot-air balloon|air balloon",
    "rocket": "rocket spaceship spacecraft shuttle",
    "moon": "moon",
    "planet": "planet saturn jupiter mars",
}

COUNTS = {
    "2": "two pair couple both",
    "3": "three trio several few",
    "4": "four",
    "5": "five",
    "7": "six seven many flock herd group school",
}
