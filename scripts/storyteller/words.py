"""The vocabulary of the tales: whom they are about, where they happen and with what."""

GIRLS = '''Ada Alice Anna Bella Bess Clara Cora Daisy Dora Ella Elsa Emma Fay Fern Flora Grace Greta Hanna Hazel Holly
Ida Ingrid Iris Ivy Jane June Kate Lena Lily Lucy Luna Mabel Maya Mia Mina Molly Nell Nina Nora Olive Opal Pearl Penny
Polly Poppy Rosa Rose Ruby Sally Sara Stella Sue Tess Tilly Una Vera Willa Wren Zoe'''.split()

BOYS = '''Adam Alfie Amos Arlo Barney Basil Ben Bruno Caleb Dan Edgar Eli Emil Felix Finn Fred George Gus Hal Henry Hugo
Ivan Jack Jasper Jim Joe Jonas Kai Kit Leo Leon Louis Max Milo Moss Ned Nico Noah Oliver Oscar Otto Owen Paul Percy Pip
Ralph Remy Rufus Sam Silas Simon Theo Tim Toby Tom Victor Walter Will Yuri Zack'''.split()

FIRST_SYLLABLES = '''Al An Ar Ba Be Bo Bri Ca Chi Da De Do El Em Fa Fi Flo Ga Gi Gra Ha Hi Ja Jo Ka Ki Kle La Li Lo Ma
Me Mo Na Ne Ni O Pa Pe Pi Qui Ra Ri Ro Sa She Si Ta Te Ti Tri U Va Vi Wa Wi Ya Zi Zu'''.split()
MIDDLE_SYLLABLES = ['', '', '', 'la', 'ri', 'na', 'mi', 'do', 'ssa', 'ver', 'lo', 'ba', 'ke', 'ti', 'xa', 'ju']
LAST_SYLLABLES_GIRL = ['a', 'na', 'lie', 'ra', 'tta', 'mia', 'bel', 'nne', 'da', 'ya']
LAST_SYLLABLES_BOY = ['n', 'ro', 'lin', 'bert', 'ck', 'mo', 'ster', 'vin', 'dor', 'go', 'ton']

# kind: homes in which such a hero lives, as they follow "lived ..."
ANIMALS = {
    'fox': ['in a warm den under the roots of an old oak', 'at the edge of a quiet forest', 'on a windy hill'],
    'rabbit': ['in a burrow beside a carrot field', 'at the edge of a quiet forest', 'under a blackberry bush'],
    'mouse': ['in a teapot behind the kitchen stove', 'in the wall of an old mill', 'under the floor of a library'],
    'bear': ['in a cave behind a waterfall', 'in a log cabin among the pines', 'on the side of a snowy mountain'],
    'owl': ['in a hollow elm', 'in the tower of an empty church', 'in the attic of an old barn'],
    'squirrel': ['high up in a walnut tree', 'in a hollow elm', 'in a park in the middle of the city'],
    'hedgehog': ['under a pile of leaves', 'at the bottom of a sleepy garden', 'behind a garden shed'],
    'frog': ['on a lily pad in a green pond', 'beside a slow river', 'in a well behind the village'],
    'duck': ['beside a slow river', 'in the reeds of a wide blue lake', 'on a farm near the sea'],
    'goat': ['on a farm near the sea', 'on a windy hill', 'on the side of a snowy mountain'],
    'kitten': ['in a bakery on a narrow street', 'on a farm near the sea', 'in a red house with a crooked chimney'],
    'puppy': ['in a red house with a crooked chimney', 'on a farm near the sea', 'in a lighthouse'],
    'otter': ['beside a slow river', 'in a bay full of seaweed', 'under a stone bridge'],
    'badger': ['in a deep burrow full of tunnels', 'at the edge of a quiet forest', 'under a stone bridge'],
    'turtle': ['in the reeds of a wide blue lake', 'on a sandy beach', 'beside a slow river'],
    'sparrow': ['under the roof of a train station', 'in a park in the middle of the city', 'in an apple tree'],
    'lamb': ['on a wide green meadow', 'on a farm near the sea', 'in a valley between two mountains'],
    'donkey': ['on a farm near the sea', 'behind the mill', 'in a village on a hill'],
    'crow': ['on top of a lonely tower', 'in a tall pine', 'on a windy hill'],
    'beaver': ['in a dam across a cold stream', 'beside a slow river', 'in the reeds of a wide blue lake'],
    'mole': ['under a sleepy garden', 'under a wide green meadow', 'in a deep burrow full of tunnels'],
    'snail': ['in a cabbage patch', 'at the bottom of a sleepy garden', 'behind a garden shed'],
    'goose': ['on a farm near the sea', 'behind the mill', 'in the reeds of a wide blue lake'],
    'hen': ['in a yellow henhouse', 'on a farm near the sea', 'behind the mill'],
    'pony': ['on a wide green meadow', 'in a valley between two mountains', 'in a stable behind the inn'],
    'penguin': ['on an island of ice', 'at the edge of a cold grey sea', 'in a little house made of snow'],
    'elephant': ['at the edge of a wide dry plain', 'beside a muddy water hole', 'in a garden behind the palace'],
    'dragon': ['in a cave behind a waterfall', 'on top of a lonely tower', 'on the side of a snowy mountain'],
    'robot': ['in a workshop full of clocks', 'in a lighthouse', 'in a shed behind the train station'],
}

GIRL_ROLES = ['girl', 'girl', 'princess', 'queen', 'gardener', 'baker', 'witch', 'shepherd', 'painter',
              'fairy', 'sailor']
BOY_ROLES = ['boy', 'boy', 'prince', 'king', 'gardener', 'baker', 'wizard', 'shepherd', 'fisherman', 'giant', 'knight']
PEOPLE_HOMES = [
    'in a village on a hill', 'in a red house with a crooked chimney', 'in a small house at the edge of a forest',
    'in a '
    'lighthouse', 'beside a slow '
                       'river', 'on an island in the middle of a '
                                              'lake', 'in a valley between two '
                                                                                      'mountains',
    'in a town by the sea', 'at the end of a long and dusty road', 'in a tall house in the middle of the city',
]
ROLE_HOMES = {
    'princess': ['in a castle with seven towers', 'in a palace with a hundred windows'],
    'prince': ['in a castle with seven towers', 'in a palace with a hundred windows'],
    'queen': ['in a castle with seven towers', 'in a palace with a hundred windows'],
    'king': ['in a castle with seven towers', 'in a palace with a hundred windows'],
    'sailor': ['in a town by the sea', 'on an old green boat'],
    'fisherman': ['in a town by the sea', 'in a hut on a sandy beach'],
    'giant': ['in a cave behind a waterfall', 'on the other side of the mountains'],
    'fairy': ['in a hollow elm', 'in a foxglove at the bottom of a garden'],
}

LOOKS = 'little small young little'.split()
TEMPERS = '''brave shy curious clever lonely cheerful quiet kind gentle sleepy hungry proud careful lazy merry polite
stubborn patient clumsy dreamy honest'''.split()

# What can be owned, lost, lent and given: (adjectives, noun)
THINGS = [
    ('red blue yellow paper', 'kite'), ('silver golden rusty tiny', 'key'), ('brass silver little', 'bell'),
    ('red striped', 'ball'), ('green old brass', 'lantern'), ('tall straw green woollen', 'hat'),
    ('blue long red warm', 'scarf'), ('wooden little toy', 'boat'), ('wooden silver old', 'flute'),
    ('red tin little', 'drum'), ('old wooden', 'music box'), ('big striped yellow', 'umbrella'),
    ('shiny golden', 'button'), ('old secret', 'map'), ('silver big wooden', 'spoon'), ('golden silver', 'ring'),
    ('white long soft', 'feather'), ('pink shiny', 'shell'), ('blue old', 'teapot'), ('round little', 'basket'),
    ('soft old', 'blanket'), ('little golden', 'watch'), ('glass green', 'marble'), ('thick blue', 'book'),
    ('warm red', 'mitten'), ('little old', 'compass'), ('big new', 'wheelbarrow'), ('smooth white', 'pebble'),
]

# Where one walks, searches and meets others, as they follow "went ..."
PLACES = [
    'the forest', 'the meadow', 'the old bridge', 'the mill', 'the market', 'the river', 'the pond', 'the orchard',
    'the top of the hill', 'the harbour', 'the garden', 'the old well', 'the barn', 'the cave', 'the beach',
    'the village square', 'the tall pine', 'the stone wall', 'the ruined tower', 'the lake',
]

FOODS = ['apple pie', 'pumpkin soup', 'honey cake', 'blackberry jam', 'warm bread', 'pancakes', 'mushroom stew',
         'ginger biscuits', 'carrot soup', 'plum cake', 'hot chocolate', 'roasted chestnuts', 'cheese and pears']

# What can be made, with the words for making: (verb, past, thing, what goes wrong, what mends it)
WORKS = [
    ('bake', 'baked', 'a cake for the whole '
                      'village', 'it came out as flat as a '
                                                      'plate', 'a spoon of patience and two '
                                                                                        'more eggs'),
    ('bake', 'baked', 'a loaf of bread', 'it was as hard as a stone', 'letting the dough sleep for an hour'),
    ('build', 'built', 'a boat', 'it sank before it had left the shore', 'tar between the planks'),
    ('build', 'built', 'a bridge over the stream', 'it fell down with a loud splash', 'a big flat stone in the middle'),
    ('build', 'built', 'a treehouse', 'the floor leaned to one side', 'measuring every board twice'),
    ('build', 'built', 'a tower of stones', 'it fell down in the night', 'putting the biggest stones at the bottom'),
    ('paint', 'painted', 'a picture of the '
                         'sea', 'it looked like a bowl of '
                                                 'soup', 'looking for a long time before '
                                                                                  'painting'),
    ('paint', 'painted', 'the garden gate', 'the rain washed all the paint away', 'waiting for a dry day'),
    ('grow', 'grew', 'a giant pumpkin', 'the leaves turned yellow', 'a little water every morning'),
    ('grow', 'grew', 'a rose', 'nothing came out of the ground', 'sunshine and a lot of time'),
    ('sew', 'sewed', 'a coat for the '
                     'winter', 'one sleeve was longer than the '
                                              'other', 'a piece of string to measure '
                                                                                      'with'),
    ('make', 'made', 'a kite', 'it would not fly', 'a longer tail'),
    ('make', 'made', 'a snowman as tall as a house', 'the head rolled away', 'making the head a little smaller'),
    ('make', 'made', 'a flute from a reed', 'it only squeaked', 'one more hole near the end'),
    ('cook', 'cooked', 'soup for a hundred guests', 'it tasted of nothing at all', 'salt, thyme and a lot of stirring'),
    ('write', 'wrote', 'a song', 'nobody could remember it', 'making it short and singing it twice'),
]

# What can be feared: (the fear, when it comes, what it is in truth)
FEARS = [
    ('the dark', 'When the sun went down', 'The dark is only the day with its eyes closed'),
    ('thunder', 'When the sky began to rumble', 'Thunder is only the clouds moving their furniture'),
    ('deep water', 'When the others went swimming', 'Water carries everyone who trusts it a little'),
    ('high places', 'When the others climbed the tall tree', 'You only have to look at the next branch'),
    ('the wind', 'When the wind howled in the chimney', 'The wind is only singing, and it does not know the words'),
    ('the '
     'forest', 'When the path went in among the '
                   'trees', 'The forest is only a lot of trees that keep each other '
                                                            'company'),
    ('strangers', 'When somebody knocked at the door', 'A stranger is a friend who has not sat down yet'),
    ('the first day of school', 'When the school bell rang', 'Everybody there is new once'),
    ('singing in front of others', 'When the lights went on', 'Sing to one face, and forget the rest'),
]

# What one may dream of: (to ..., what the wise one answers, how it ends)
DREAMS = [
    ('see the sea', 'Follow the river, for it goes there too',
     'And there it was: blue and grey and green, and wider than any field'),
    ('touch the moon', 'Look for it in the still water of the lake',
     'In the still water lay the moon, round and white, and it trembled when a careful hand touched it'),
    ('fly', 'Find a high hill, a strong wind and a friend with wings',
     'For as long as it takes to count to ten, there was nothing but air below'),
    ('find the end of the rainbow', 'Walk until your shoes are wet, and then look behind you',
     'The rainbow ended just behind the garden at home, where it had always been'),
    ('hear the mountain sing', 'Climb up before the sun does, and be very quiet',
     'When the first light touched the snow, the ice hummed, and the whole mountain sang'),
    ('see the snow', 'Wait for the night when the geese fall silent',
     'In the morning the whole world was white, and every sound was soft'),
    ('catch a star', 'Take a jar, and go to the meadow on the warmest night of the year',
     'A firefly sat in the jar and shone, and after a while it was allowed to fly home'),
    ('meet the king of the fish', 'Sit on the old bridge, and bring bread',
     'A huge golden fish came up, ate the bread, and bowed'),
    ('find out where the wind sleeps', 'Follow it in the evening, when it is tired',
     'In a hollow behind the last hill lay the wind, and it breathed in and out like a child'),
]

# What may be heard or seen night after night: (it, where it comes from, who makes it)
MYSTERIES = [
    ('a soft tapping', 'the window', 'a tiny bat who had lost the way'),
    ('a strange light', 'the ruined tower', 'an old glow-worm who was reading'),
    ('a sad song', 'the bottom of the well', 'a frog who could not climb out'),
    ('a deep rumbling', 'the cave', 'a snoring bear with a cold'),
    ('a small voice', 'the attic', 'a family of mice who were learning to count'),
    ('a scratching sound', 'the garden wall', 'a hedgehog who was digging a bed for the winter'),
    ('a blue glow', 'the forest', 'a ring of mushrooms and the fairies who danced round it'),
    ('a whistling sound', 'the chimney', 'a young wind who did not know how to go home'),
    ('a trail of crumbs', 'the pantry', 'an ant who was collecting food for a party'),
]

TROUBLES = [
    ('caught in a net', 'bit through the ropes one after another', 'free'),
    ('stuck in the mud', 'laid a long branch over the mud', 'out on dry land'),
    ('shivering in the snow', 'brought a blanket and a bowl of soup', 'warm'),
    ('lost in the fog', 'walked ahead with a light', 'safe at home'),
    ('sitting on a branch with a hurt wing', 'made a bandage out of a clean handkerchief', 'well'),
    ('crying under a bush', 'sat down and listened to the whole sad story', 'smiling'),
    ('trapped under a fallen branch', 'pushed and pulled until the branch moved', 'free'),
    ('far too hungry to walk', 'shared the last piece of bread', 'full and strong'),
]

HELPERS = ['bee', 'lark', 'hare', 'swan', 'butterfly', 'beetle', 'heron', 'salmon', 'deer', 'bat', 'wolf', 'seagull',
           'cricket', 'ladybird', 'robin', 'stork', 'toad', 'fawn']

MORALS = {
    'search': ['what we look for is often nearer than we think', 'a lost thing may lead to a found friend',
               'four eyes see more than two', 'asking for help is never a shame'],
    'kindness': ['no kindness is ever too small', 'a good deed always finds its way home',
                 'the smallest friend can be the greatest help', 'kindness costs nothing and is worth everything'],
    'work': ['good things need time', 'every mistake is a small teacher', 'it is no shame to begin again',
             'two heads are better than one'],
    'courage': ['being brave means being afraid and going on', 'fear grows small when it is shared',
                'courage begins with one small step'],
    'peace': ['a friend is worth more than any treasure', 'it takes a big heart to say sorry',
              'half of a thing shared is better than all of it alone', 'a quarrel makes even a big house small'],
    'dream': ['the way is as good as the end of it', 'dreams like to be followed on foot',
              'whoever keeps walking gets there'],
    'mystery': ['most monsters are only neighbours we have not met', 'it is better to look than to guess',
                'a strange sound may be a friend who calls'],
    'race': ['slow steps also reach the '
             'end', 'it is better to be kind than to be '
                                              'first', 'nobody is good at '
                                                                                          'everything'],
    'storm': ['together even the small are strong', 'a clear head is worth more than strong arms',
              'a storm shows us who our friends are'],
    'birthday': ['those who love us do not forget', 'the best presents cannot be wrapped',
                 'waiting is a part of the present'],
}
