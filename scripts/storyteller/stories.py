"""A grammar of little tales. `tell(random)` gives a pair: a prompt, often empty, and the story that answers it.

A tale has a plot (a function below), a cast, and sentences written as templates:
    {one|another|}   one of the alternatives, which may be nested
    <hero>           what the cast or the word lists hold under that name; <Hero> begins a sentence
"""

import re
import string

from storyteller import words

ALTERNATIVES = re.compile(r'\{([^{}]*)\}')
SLOT = re.compile(r'<([A-Za-z_.]+)>')
VOWEL_AFTER_A = re.compile(r'\b([Aa]) (?=[aeio]|un[a-hj-z]|ug|um|hon)')


class Somebody:
    def __init__(self, random, kind, female, look=None):
        self.random = random
        self.kind = kind
        self.look = look
        self.he, self.him, self.his = ('she', 'her', 'her') if female else ('he', 'him', 'his')
        self.himself = 'herself' if female else 'himself'
        self.name = self.invent_name(female)

    def invent_name(self, female):
        random = self.random
        # Invented names teach the model to copy a name it has never seen.
        if random.random() < 0.6:
            return random.choice(words.GIRLS if female else words.BOYS)
        last = words.LAST_SYLLABLES_GIRL if female else words.LAST_SYLLABLES_BOY
        return random.choice(words.FIRST_SYLLABLES) + random.choice(words.MIDDLE_SYLLABLES) + random.choice(last)

    @property
    def described(self):
        return f'{self.look} {self.kind}' if self.look else self.kind

    @property
    def mention(self):
        chance = self.random.random()
        if chance < 0.7:
            return self.name
        return f'the {self.kind}' if chance < 0.9 else f'the {self.described}'


class Teller:
    def __init__(self, random):
        self.random = random
        self.cast = {}
        self.paragraphs = []
        kinds = list(words.ANIMALS)
        self.animals = random.random() < 0.68
        if self.animals:
            hero_kind, friend_kind = random.sample(kinds, 2)
            hero_female, friend_female = random.random() < 0.5, random.random() < 0.5
            home = random.choice(words.ANIMALS[hero_kind])
        else:
            hero_female, friend_female = random.random() < 0.5, random.random() < 0.5
            hero_kind = random.choice(words.GIRL_ROLES if hero_female else words.BOY_ROLES)
            roles = words.GIRL_ROLES if friend_female else words.BOY_ROLES
            friend_kind = random.choice([role for role in roles + kinds[:12] if role != hero_kind])
            home = random.choice(words.ROLE_HOMES.get(hero_kind, words.PEOPLE_HOMES))
        look = random.choice(words.TEMPERS if random.random() < 0.7 else words.LOOKS)
        self.hero = Somebody(random, hero_kind, hero_female, look)
        self.friend = Somebody(random, friend_kind, friend_female, random.choice(words.TEMPERS + words.LOOKS))
        while self.friend.name == self.hero.name:
            self.friend.name = self.friend.invent_name(friend_female)
        self.stranger = Somebody(random, random.choice(words.HELPERS), random.random() < 0.5,
                                 random.choice(['small', 'little', 'grey', 'tiny', 'young', 'old', 'strange']))
        adjectives, noun = random.choice(words.THINGS)
        self.places = random.sample(words.PLACES, len(words.PLACES))
        self.cast.update(home=home, thing=f'{random.choice(adjectives.split())} {noun}', it=noun)

    def value(self, name):
        if name == 'place':
            return self.places.pop()
        if name == 'food':
            return self.random.choice(words.FOODS)
        if name in self.cast:
            return self.cast[name]
        if name in ('he', 'him', 'his', 'himself'):
            return getattr(self.hero, name)
        who, _, attribute = name.partition('.')
        return getattr(getattr(self, who), attribute or 'mention')

    def fill(self, slot):
        name = slot.group(1)
        if name[0].isupper():
            filled = self.value(name[0].lower() + name[1:])
            return filled[0].upper() + filled[1:]
        return self.value(name)

    def phrase(self, template):
        text, left = template, 1
        while left:
            text, left = ALTERNATIVES.subn(lambda match: self.random.choice(match.group(1).split('|')), text)
        text = SLOT.sub(self.fill, text)
        return VOWEL_AFTER_A.sub(r'\1n ', re.sub(' +', ' ', text).strip())

    def paragraph(self, *templates):
        sentences = [self.phrase(template) for template in templates]
        self.paragraphs.append(' '.join(sentence for sentence in sentences if sentence))

    def maybe(self, chance, template):
        return template if self.random.random() < chance else ''

    def opening(self):
        mood = self.maybe(0.6, '{<Hero.he> {had a habit of talking to|was {very |}good at counting} {clouds|stars|'
                          'pebbles|birds}.|Every {morning|evening}, <hero.he> {drank a cup of milk|swept the floor|'
                          'sang a little song|watered the flowers|looked at the sky} and {hummed|smiled|yawned|'
                          'stretched}.|Everyone {liked|knew} <him>, because <he> always {had time for a talk|said '
                          'good morning|had a kind word for everybody|laughed so loudly}.|<Hero.he> had {big ears '
                          'for secrets|a warm heart|a head full of ideas|very cold feet} and {a great love of|a '
                          'weakness for} <food>.}')
        friend = self.maybe(0.5, '{<His> best friend was <friend.name>, a <friend.described>.|{Next door|Not far '
                            'away} lived <friend.name> the <friend.kind>, <his> best friend.|<He> had one {good|'
                            'true} friend, a <friend.described> {called|named} <friend.name>.}')
        self.knows_friend = bool(friend)
        self.paragraph(
            '{{Once upon a time|Once upon a time,|Long ago|Many years ago|A long time ago}{, <home>, lived| there was|'
            ' there lived} a <hero.described> {called|named} <hero.name>.'
            '|Once upon a time, a <hero.described> {called|named} <hero.name> lived <home>.'
            '|There {once was|was once} a <hero.described> {called|named} <hero.name>, who lived <home>.'
            '|<Hero.name> was a <hero.described> who lived <home>.|<Hero.name> the <hero.kind> lived <home>.'
            '|The <hero.described> was called <hero.name>, and <he> lived <home>.'
            '|A <hero.described> {called|named} <hero.name> lived <home>.'
            '|In a land far away, there lived a <hero.described> {called|named} <hero.name>.'
            '|This is the {story|tale} of <hero.name>, a <hero.described>.}', mood, friend)

    def meet_friend(self):
        if self.knows_friend:
            return ('{<Hero> {ran|went|hurried} to <friend.name>{, who was {eating <food>|sweeping the floor|taking '
                    'a nap}|}.|Just then <friend.name> {came by|looked over the fence|came down the path}{ with a '
                    'bowl of <food>|}.|So <hero> {asked|went to ask} <his> friend <friend.name>.}')
        self.knows_friend = True
        return ('{On the way <he> met a <friend.described> {called|named} <friend.name>.|There sat a '
                '<friend.described>. "I am <friend.name>," <friend.he> said. "Who are you?"|Near <place> <he> {met|'
                'found} <friend.name>, a <friend.described>.|A <friend.described> {called|named} <friend.name> {came '
                'along|came down the path}.}')

    def weather(self, chance=0.45):
        return self.maybe(chance, '{It was a {bright|cold|windy|warm|grey|golden} {morning|day|afternoon}, and {the '
                          'sky was full of clouds|the birds were singing|the leaves were dancing|the air smelled of '
                          '<food>}.|The sun {was shining|hung low over the hills|had just come up}.|A {soft|cold|'
                          'gentle} {rain|wind} {came from the hills|was in the air|blew over the fields}.|There was '
                          'not a {cloud|sound} anywhere.}')

    def feeling(self, chance=0.5):
        return self.maybe(chance, '{<His> heart {beat fast|was heavy|sank}.|<Hero> {felt very small|did not know '
                          'what to do|took a deep breath|sat down and thought|wanted to cry}.|"{Oh dear|Oh no|What '
                          'now|Bother}!" said <hero>.|For a {moment|while} <he> {said nothing|just stood there|did '
                          'not move}.}')

    def ending(self, theme):
        self.cast['moral'] = self.random.choice(words.MORALS[theme])
        self.paragraph(
            '{That {evening|night} they {ate <food>|sat by the fire|looked at the stars} {together|and talked for a '
            'long time}{, and nobody wanted to go home|}.|When the {moon|first star} came up, <hero> {was fast '
            'asleep|lay in bed and smiled|was {very |}tired and very happy}.|Then everybody {laughed|danced|clapped} '
            '{until it was dark|and shared the <food>|and went home}.|<Hero> went home {with a light heart|singing|'
            'and slept like a stone}.|}',
            '{From that day on, <hero> {knew|never forgot} that <moral>.|And so <hero.name> {learned|found out} that '
            '<moral>.|"{You see|Now I know|I have learned something today}," said <hero>. "<Moral>."|"Remember," '
            'said <friend>. "<Moral>."|Since then, <hero.name> and <friend.name> have been the best of friends.|And '
            'if you {go there|listen closely} {today|at night}, you can {still |}hear them {laugh|sing|tell this '
            'story}.|And they lived happily {ever after|together for many years}.|The end.|}')


def lost_thing(teller):
    teller.paragraph(
        '<Hero> had a <thing>{ that <he> loved more than anything|, a present from <his> {grandmother|grandfather|'
        'aunt}|}. {<He> took it everywhere.|Every night <he> {put it beside the bed|looked at it before going to '
        'sleep}.|}',
        '{One {morning|day|evening}|Then, one {morning|day|evening}}, the <it> was {gone|nowhere to be found|missing}.',
        teller.feeling(0.8))
    teller.paragraph(
        '<Hero> looked {under the bed|behind the door|in every pocket|under the table}{ and {in the garden|on the '
        'roof|behind the stove}|}, but {there was no <it>|the <it> was not there|found only {dust|an old sock|a '
        'sleepy spider}}.',
        '{Then <he> {walked|ran|went} to <place>{ and to <place>|}, {but it was not there either|and found nothing}.|}',
        '"{Where can it be|Who has taken it|What shall I do}?" {asked|cried} <hero>.')
    teller.paragraph(
        teller.meet_friend(),
        '"{Have you seen|Do you know where to find} my <thing>?" asked <hero>.',
        '"No," said <friend>, "but {I will help you look|we can look for it together|two can look better than one}."',
        teller.maybe(0.5, '"{When|Where} did you {last have|last see} it?" <friend.he> asked. "{Yesterday|This '
                     'morning|Last night}, at <place>," said <hero>.'))
    teller.paragraph(
        'They {searched|looked} {all day|all afternoon|until the sun went down}{: at <place>, at <place> and even at '
        '<place>|}.',
        teller.weather(),
        '{At last <friend> {stopped|pointed up|called out}. "{Look|Look there|Come quickly}!"|Suddenly something '
        '{shone|moved|rustled} in the grass.|Then <friend> heard a {small|strange} {sound|noise}.}',
        '{There {it was|lay the <it>}, {in the nest of a <stranger.kind>|between two stones|under a pile of leaves|'
        'in the arms of a sleeping <stranger.kind>|right behind <his> own house}.}')
    teller.paragraph(
        '{"{You found it|There you are}!" {cried|shouted} <hero>{ and hugged <friend>|}.|<Hero> {laughed|was so '
        'happy that <he> danced}{ and hugged <friend>|}.}',
        '{"{I am sorry|Excuse me}," said the <stranger.kind>. "{I thought it was a {star|bed|hat|present}|It was so '
        'beautiful that I wanted to keep it|I only wanted to borrow it}." <Hero> {was not angry|smiled|nodded}. '
        '"{You may visit it whenever you like|You could have asked|Come and play with us}," <he> said.|"Thank you," '
        'said <hero>. "{Without you I would still be looking|You are a true friend}."|}')
    teller.ending('search')


def kindness(teller):
    trouble, deed, result = teller.random.choice(words.TROUBLES)
    teller.cast.update(trouble=trouble, deed=deed, result=result)
    teller.paragraph(
        'One {morning|day|evening}, <hero> was {walking|on the way} to <place>.', teller.weather(0.6),
        '{Suddenly <he> heard a {small|weak|sad} voice.|Then <he> {stopped|stood still} and listened.|}',
        'There was a <stranger.described>, <trouble>.')
    teller.paragraph(
        '"{Please help me!|Help!|Can you help me?}" {cried|whispered} the <stranger.kind>. "{Everybody else just '
        'walked past|I have been here all night|Nobody hears me}."',
        teller.maybe(0.6, '{<Hero> was {in a hurry|tired|a little afraid}, but <he> {stopped|stayed|came closer}.|'
                     '"Do not be afraid," said <hero>. "{I am here|I will help you|I will not hurt you}."}'),
        '<Hero> <deed>, and {soon|after a while|at last} the <stranger.kind> was <result>.')
    teller.paragraph(
        '"{I will never forget this|Thank you|You are very kind}," said the <stranger.kind>. "{One day I will help '
        'you, too|If you ever need me, just call|I am small, but I keep my promises}."',
        '{<Hero> {smiled|laughed}. "{How could you help me?|You do not have to,|That is all right,}" <he> said{, and '
        'went home|}.|<Hero> waved and went on.|}')
    danger = teller.random.choice([
        ('{fell into the river|slipped and fell into the cold water}', 'pulled <him> out'),
        ('{lost the way in the forest|could not find the way home}', 'showed <him> the way'),
        ('{was shut in a dark cellar|was locked in the old barn}', 'opened the door from outside'),
        ('{was caught in a great storm|was surprised by the snow}', 'led <him> to a dry cave'),
        ('{stood before a hungry wolf|met a hungry wolf}', 'made so much noise that the wolf ran away'),
    ])
    teller.cast.update(danger=teller.phrase(danger[0]), rescue=teller.phrase(danger[1]))
    teller.paragraph(
        '{A week|A month|Some days|Not long} later, <hero> <danger>.', teller.feeling(0.6),
        '{"{Is anybody there|Help}?" <he> {called|cried}. |}{Nobody came|It grew darker and darker|The hours went by}.',
        '{Then|Suddenly} {there was a rustle|something moved|a small voice called <his> name}. It was the '
        '<stranger.kind>!')
    teller.paragraph(
        '"{Now it is my turn|I told you I would help you|Here I am}," said the <stranger.kind>, and <rescue>.',
        '"{You saved me|You kept your promise}!" said <hero>. {"And you saved me," said the <stranger.kind>.|They '
        'both laughed.|}')
    teller.ending('kindness')


def making(teller):
    verb, past, work, failure, cure = teller.random.choice(words.WORKS)
    teller.cast.update(verb=verb, past=past, work=work, failure=failure, cure=cure)
    teller.paragraph(
        '{One {morning|day|spring}|Then, one {morning|day}}, <hero> {wanted|decided} to <verb> '
        '<work>.', teller.weather(0.3),
        '{"{It cannot be so hard|I can do it all alone|Today is the day}," <he> said.|"You? You cannot even <verb> '
        '{breakfast|a line}," laughed the <stranger.kind>.|<He> had never done {it|anything like it} before.}')
    teller.paragraph(
        '{<He> worked {all day|from morning to evening|as fast as <he> could}|<He> {began|started} at once}, but '
        '<failure>.',
        teller.feeling(0.7),
        '{"{I will try again|Once more}," said <hero>. {The next day|The second time} it {was a little better, but '
        'not much|went wrong again|was even worse}.|"{I give up|I will never learn it}," said <hero>{ and threw '
        'everything into a corner|}.|}')
    teller.paragraph(
        teller.meet_friend(),
        '"{What is the matter|Why are you so sad|What are you doing}?" asked <friend>.',
        '"I wanted to <verb> <work>," said <hero>, "but <failure>."',
        '<Friend> {thought for a while|looked at it from all sides|laughed, but not unkindly}. "{I know what you '
        'need|You only need one thing|There is a little trick}: <cure>," <friend.he> said.')
    teller.paragraph(
        '{So they tried it together.|The next morning they {began again|began early}.} {<Hero> {listened and learned|'
        'worked slowly and carefully}, and <friend> {helped|held the tools|told jokes}.|It took {three days|a whole '
        'week|a long time}.|}',
        '{At last|In the end|And this time} {it was done|it worked}: <hero> had {really |}<past> <work>!',
        '{"{It is wonderful|I have never seen anything like it}!" said <friend>.|Everybody came to {see|admire} it.|'
        'Even the <stranger.kind> {was surprised|said nothing for once}.|}')
    teller.ending('work')


def fear(teller):
    thing, when, truth = teller.random.choice(words.FEARS)
    teller.cast.update(fear=thing, when=when, truth=truth)
    teller.paragraph(
        '{There was only one thing wrong: <hero> was afraid of <fear>.|<Hero> was afraid of <fear>.|But <hero> had a '
        'secret: <he> was afraid of <fear>.}',
        '<when>, <he> {hid under the bed|pulled the blanket over <his> head|ran home as fast as <he> could|held '
        '<his> breath|shut <his> eyes}.',
        '{"{I am the only one who is afraid|If only I were brave}," <he> thought.|The others {laughed at <him>|did '
        'not understand it}.|}')
    teller.paragraph(
        teller.meet_friend(),
        '"{Why do you tremble|What is it|Are you ill}?" asked <friend>.',
        '{<Hero> looked at the ground. |}"I am afraid of <fear>," {<he> whispered|<he> said very quietly|said <hero>}.',
        '<Friend> did not laugh. "{I was afraid of it, too|Everybody is afraid of something|I am afraid of {spiders|'
        'geese|my aunt}}," <friend.he> said. "<truth>."')
    teller.paragraph(
        '{"{Come|Take my hand}," said <friend>. "We will {go|do it} together."|"{Will you stay with me|Will you come '
        'with me}?" asked <hero>. "Of course," said <friend>.}',
        '{First they {only listened|took one small step}, then they {went a little further|took another one}.|They '
        '{counted to ten|sang a song|took a deep breath} {and went on|together}.}',
        '<His> {knees shook|heart beat like a drum|ears trembled}, but {<he> did not run away|<he> kept going|'
        'nothing bad happened}.')
    teller.paragraph(
        '{After a while|Little by little|Then}, {something strange happened: |}the fear {grew smaller|became as '
        'small as a {pea|mouse}|was not so big any more}.',
        '"{Is that all?|It is not so bad!|I did it!}" {said|cried} <hero>.',
        '{And a week later, <he> {did it all alone|helped a <stranger.described> who was afraid of <fear>}.|<Friend> '
        '{nodded|smiled|was very proud of <him>}.|}')
    teller.ending('courage')


def quarrel(teller):
    teller.knows_friend = True
    teller.paragraph(
        '{One day|One morning}, <hero.name> and <hero.his> friend <friend.name> the <friend.kind> {found|saw} a '
        '<thing> near <place>.',
        '"{I saw it first|It is mine}!" {said|cried} <hero.name>. "No, {it is mine|I saw it first}!" {said|cried} '
        '<friend.name>.',
        '{They pulled and pulled|They shouted at each other}{ until the birds flew away|}.')
    teller.paragraph(
        '{In the end <hero.name> took the <it> and ran home.|"{I do not want to see you again|You are not my friend '
        'any more}!" said <friend.name> and {went away|ran home}.|From then on, they did not say a word to each '
        'other.}',
        '<Hero.name> {sat alone with the <it>|tried to play alone}, but {it was no fun|the day was long and empty|'
        'the <food> did not taste good}.', teller.feeling(0.4))
    teller.paragraph(
        '{That night|The next day|Two days later} {a storm came|it began to snow|it rained and rained}.',
        '{Water ran into <friend.his> house, and <friend.name> {sat on the table and cried|did not know where to '
        'go}.|The roof of <friend.name> flew away like a {hat|leaf}.|A tree fell in front of <friend.his> door, and '
        '<friend.name> could not get out.}',
        '<Hero.name> {heard it|saw it from the window} and {did not think for long|forgot the quarrel}. <He> {ran|'
        'hurried} {through the rain|out} to help.')
    teller.paragraph(
        '"{You came|You are here}!" said <friend.name>. "{Of course|You are my friend}," said <hero.name>. "I am {so '
        '|}sorry{. I was wrong|. It was a silly quarrel|}."',
        '"{I am sorry, too|So am I}," said <friend.name>.',
        '{They dried {their feet|themselves} by the fire and {ate <food>|drank hot milk}.|Together they {mended the '
        'house|worked until the morning}.}',
        '{And the <it>? It {hung|stood|lay} {one week with <hero.name> and one week with <friend.name>|in the middle '
        'between their houses}.|They gave the <it> to a <stranger.kind> who {needed it more|had nothing to play '
        'with}.}')
    teller.ending('peace')


def dream(teller):
    wish, advice, arrival = teller.random.choice(words.DREAMS)
    teller.cast.update(wish=wish, advice=advice, arrival=arrival)
    teller.paragraph(
        '<Hero> had one {great |}{wish|dream}: <he> wanted to <wish>.',
        '{"That is impossible," said {the neighbours|everyone|<his> uncle}.|Every night <he> dreamed {of it|about '
        'it}.|<He> {thought of nothing else|talked about it all day long}.|}')
    teller.paragraph(
        'One {morning|day}, <he> {packed {a little bag|some <food>}|put {a piece of bread|some <food>} into a bag} '
        'and {set out|went off}.', teller.weather(0.5),
        '<He> {walked|went} {past <place> and <place>|over hills and through valleys|for three days and three nights}.',
        teller.meet_friend(),
        '"{Where are you going|What are you looking for}?" asked <friend>. "I want to <wish>," said <hero>. {"May I '
        'come with you?" asked <friend>.|"Then I will come with you," said <friend>. "{I have nothing else to do|I '
        'have always wanted that, too}."}')
    teller.paragraph(
        '{They {walked|went} on together.|The way was long.|} {It rained, and their feet were {wet|sore}.|At night '
        'they slept under {a bush|an old boat|the stars}.|A river lay in their way, and they crossed it on {a log|'
        'the back of a <stranger.kind>}.}',
        '{"Shall we turn back?" asked <friend>. "{Not yet|Never|One more hill}," said <hero>.|"I am so tired," said '
        '<hero>. "{One more step|We are nearly there}," said <friend>.|}',
        'Near <place> sat an old <stranger.kind>{ with a long white beard| with very small glasses|}. "To <wish>?" '
        'said the <stranger.kind>. "{That is easy|I know how|Listen}. <advice>."')
    teller.paragraph(
        'They {thanked the <stranger.kind> and|} did {just that|what they had been told}. <arrival>.',
        '{<Hero> {could not say a word|laughed and cried at once|stood there with wide eyes}.|"{It is even better '
        'than in my dream|So it is true}," whispered <hero>.}',
        '{"Are you happy?" asked <friend>. "{Yes|Very}," said <hero>, "because {you are here, too|I did not go '
        'alone}."|}')
    teller.ending('dream')


def mystery(teller):
    sound, source, maker = teller.random.choice(words.MYSTERIES)
    teller.cast.update(sound=sound, source=source, maker=maker)
    teller.paragraph(
        '{One night|One evening|Late one night}, there was <sound> {at|near} <source>.', teller.feeling(0.5),
        '{The next night it was there again|The next night it came back|And it came back the night after}{, and the '
        'night after that|}.',
        '"{It must be a ghost|It is a monster|It is a thief}," said {the neighbours|everybody}{, and they locked '
        'their doors|}.')
    teller.paragraph(
        teller.meet_friend(),
        '{"{Shall we find out what it is|Are you brave enough to go and look}?" asked|"{I want to know what it is|'
        'Let us go and look}," said} <hero>. {"Now?" asked <friend>. "Now," said <hero>.|"{Only if you go first|Yes, '
        'but let us take a lantern}," said <friend>.}')
    teller.paragraph(
        'When the moon {rose|came up}, they {crept|tiptoed|walked} to <source>{ with a '
        '{lantern|candle}|}.', teller.weather(0.3),
        '{An owl called.|A branch cracked.|The grass was wet and cold.|Something touched <his> foot, but it was only '
        'a leaf.|}',
        '{Step by step they {came|went} nearer.|"Can you hear it?" whispered <friend>. "Yes," whispered <hero>.|}',
        '{Then <he> {lifted the lantern|held <his> breath} and looked.|Then they saw it.}')
    teller.paragraph(
        'It was {neither a ghost nor a thief|no monster at all|not a ghost}. It was <maker>!',
        '{"{Good evening|Oh|Hello}," said a {shy|small|friendly} voice. "{Did I wake you|I hope I did not frighten '
        'you|I did not know that anybody lived here}?"|<Hero> began to laugh, and <friend> laughed, too.}',
        '{"{A little|Not at all}," said <hero>. "{Come and have some <food> with us|Next time, just knock|Can we '
        'help you}?"|They stayed {and talked |}until the sun came up.|}',
        '{In the morning they told {the neighbours|everybody}, and everybody {felt a little silly|wanted to see it|'
        'laughed}.|}')
    teller.ending('mystery')


def race(teller):
    contest = teller.random.choice([
        ('a great race from <place> to <place>', 'ran'), ('a boat race on the lake', 'rowed'),
        ('a contest for the finest <food>', 'cooked'), ('a singing contest', 'sang'),
        ('a race up the hill and down again', 'ran'), ('a contest to build the highest tower', 'worked'),
    ])
    teller.cast.update(contest=teller.phrase(contest[0]), did=contest[1])
    teller.knows_friend = True
    teller.paragraph(
        '{Every summer|Once a year|That spring}, there was <contest>, and the winner got a <thing>.',
        '"{I will win, of course|Nobody is better than I am}," said <friend.name> the <friend.kind>. "And you, '
        '<hero.name>? You are much too {slow|small|quiet}!"',
        '{<Hero.name> said nothing.|"We shall see," said <hero.name>.|"I only want to take part," said <hero.name>.}')
    teller.paragraph(
        '{Then|On the day of the contest}, {a bell rang|a drum sounded|somebody shouted "Go"}, and they '
        'began.', teller.weather(0.4),
        '<Friend.name> {was far ahead|did everything twice as fast|was the best at first}{ and laughed|}.',
        '{But then <friend.he> {lay down for a nap|stopped to look at <friend.himself> in a puddle|talked to '
        'everyone about how good <friend.he> was}|But halfway, <friend.he> {tripped and fell into a ditch|got stuck '
        'in a hedge}}.')
    teller.paragraph(
        '<Hero.name> <did> {on and on|slowly and steadily|as well as <he> could}.',
        '{Then <he> {heard|saw} <friend.name>. "{Help|Wait for me}!" cried <friend.name>. <Hero.name> {stopped at '
        'once|turned back} and helped <friend.him>, and they came in together, {hand in hand|side by side|last of '
        'all}.|When <friend.name> looked up, <hero.name> was already {at the end|finished}.}',
        '{"The <it> goes to <hero.name>!" {said|called} the judge, a <stranger.described>.|The judge, a '
        '<stranger.described>, gave the <it> to <hero.name>.}')
    teller.paragraph(
        '{Everybody clapped{ and threw their hats into the air|}.|}',
        '"{I was a fool|I am sorry that I laughed|You were better than I was}," said <friend.name>.',
        '"{Never mind|That is all right}," said <hero.name>. "{Will you {run|sing|play} with me tomorrow|Let us '
        'share the prize}?"')
    teller.ending('race')


def storm(teller):
    plan = teller.random.choice([
        ('the river rose higher and higher', 'dig a ditch and lead the water into the meadow'),
        ('the wind tore at all the roofs', 'tie the roofs to the oldest trees'),
        ('the snow lay so high that no door would open', 'dig tunnels from house to house'),
        ('the light in the lighthouse went out', 'carry every lantern to the beach'),
        ('the well dried up, and everyone was thirsty', 'follow the ants, who always find water'),
        ('a great fog came, and nobody could find the way home', 'ring the bell until the last one was home'),
    ])
    teller.cast.update(danger=plan[0], plan=plan[1])
    teller.paragraph(
        '{One {autumn|winter|spring} night|One day|That year}, {something terrible happened: |}<danger>.',
        '"What shall we do?" {cried|asked} {the neighbours|everybody}. {The {big|strong} ones {ran this way and that|'
        'argued}, and the {small|old} ones {cried|were afraid}.|Nobody knew.|}', teller.feeling(0.5))
    teller.paragraph(
        'But <hero> had an idea. "{Listen to me|I know what to do}," <he> {said|called}. "{We must|Let us} <plan>!"',
        '"{You are much too small|What do you know about it|That will never work}," said a <stranger.described>.',
        '"{It will|I think it is a good idea|Let us try it}," said <friend.name> the <friend.kind>, and {came to '
        'help|stood beside <him>}.')
    teller.paragraph(
        '{First there were two of them, then five, then twenty.|One after another, the others {came|joined in}.} '
        '{They worked {all night|without a rest}.|Some {carried|pulled}, some {pushed|held the light}, and the '
        'smallest {sang|brought <food>}.}',
        '{Even the <stranger.kind> helped in the end.|<Hero> was {wet and tired|cold and hungry}, but <he> did not '
        'stop.|}',
        '{When the morning came|At last}, {the danger was over|everyone was safe}.')
    teller.paragraph(
        '{"{Three cheers for|Long live} <hero.name>!" {they cried|everybody shouted}.|The <stranger.kind> came to '
        '<hero> and said, "{I was wrong|You may be small, but your ideas are big}."}',
        '{"{We did it together|I only had the idea}," said <hero>{ and turned red|}.|They gave <him> a <thing>, and '
        '<he> still has it.|}')
    teller.ending('storm')


def birthday(teller):
    teller.knows_friend = True
    teller.paragraph(
        'It was {a special day: |}the birthday of <hero.name>. <He> {woke up early|jumped out of bed|could hardly '
        'wait}.',
        teller.weather(0.5),
        '{"Today everybody will {sing for me|bring me presents|come to my house}," <he> thought.|<He> {brushed <his> '
        'hair|put on <his> best hat|swept the floor} and waited.}')
    teller.paragraph(
        'But nobody came. {<Hero.name> went {out|to <place>}, where <friend.name> the <friend.kind> was {carrying a '
        'big basket|hiding something}.|At <place> <he> met <friend.name> the <friend.kind>.}',
        '"{Do you know what day it is|Is today not a special day}?" asked <hero.name>.',
        '"{Tuesday|A day like any other|Washing day}, I think," said <friend.name>. "{I am in a hurry|I have to '
        'go}," and <friend.he> {ran off|was gone}.')
    teller.paragraph(
        '{The <stranger.kind> had no time.|At <place>, nobody was there.|Everyone {looked away|was busy}.|}',
        '{"They have forgotten me," {said|thought} <hero.name>{ sadly|}.|<Hero.name> {sat down on a stone|went home '
        'slowly}{ and wiped away a '
        'tear|}.}', '{It grew dark.|When the sun went down, <he> {opened <his> door|went home}.}')
    teller.paragraph(
        '{Suddenly|Then|All at once} a hundred lights {went on|began to shine}. "{Surprise|Happy birthday|Happy '
        'birthday, <hero.name>}!" {cried|shouted} {all <his> friends|everybody}.',
        '{There was {music|dancing}, and everybody ate <food> {and <food>|}.|On the table stood {seven|eight|nine} '
        'candles.}',
        '<Friend.name> {held out a present|gave <him> a little box}: it was a <thing>!',
        '{"And I thought that you had forgotten {me|my birthday}!" said <hero.name>. "{Never!|How could we?}" said '
        '<friend.name>.|"So {that was in the basket|that was your secret}!" said <hero.name>.|}')
    teller.ending('birthday')


PLOTS = {
    lost_thing: 'who lost a {it}', kindness: 'who helped a {stranger}', making: 'who wanted to {verb} {work}',
    fear: 'who was afraid of {fear}', quarrel: 'and a quarrel', dream: 'who wanted to {wish}', mystery: 'and a mystery',
    race: 'and a contest', storm: 'who had an idea', birthday: 'and a birthday',
}

QUESTIONS = [
    'Why is the sky blue?', 'What is the capital of France?', 'Hello', 'Hello, how are you?', 'Write a poem',
    'Explain how computers work.', 'What time is it?', 'Say hello', 'How do I boil an egg?', 'Test', 'hi',
    'The quick brown fox jumps over the lazy dog.', 'What is 2 + 2?', 'Who are you?',
    'A photo of an astronaut riding a horse', 'Tell me a joke.', 'Give me three ideas for dinner.',
    'List the planets.',
]

SYMBOLS = string.printable[:94] + ' ' * 12 + 'äöüßéèñçøåæ€£…–“”' + '🙂🦊🌍🚀❤✨🎉🐻' + '你好世界物語' + 'привет'


def noise(random):
    chance = random.random()
    if chance < 0.3:
        return random.choice(QUESTIONS)
    if chance < 0.65:
        letters = string.ascii_lowercase
        count = random.randint(1, 9)
        return ' '.join(''.join(random.choice(letters) for _ in range(random.randint(1, 9))) for _ in range(count))
    return ''.join(random.choice(SYMBOLS) for _ in range(random.randint(1, 40)))


def tell(random):
    teller = Teller(random)
    plot = random.choice(list(PLOTS))
    teller.opening()
    plot(teller)
    story = '\n\n'.join(teller.paragraphs)
    subject = PLOTS[plot].format(stranger=teller.stranger.kind, **teller.cast)
    chance = random.random()
    if chance < 0.6:
        return '', story
    if chance < 0.72:
        # A prompt may end anywhere, also within a word, and may be typed without capitals.
        end = random.randint(1, 80)
        return random.choice([story[:end], story[:end], story[:end].lower()]), story[end:]
    if chance < 0.8:
        hero = teller.hero
        title = f'{hero.name} the {hero.kind}' if random.random() < 0.5 else f'The {hero.described}'
        return f'{title.title()}\n\n', story
    if chance < 0.92:
        about = teller.phrase('{Tell me|Write|Please write|Tell|Write me} a {short |little |}{story|tale} about {a '
                              '<hero.kind>|a <hero.described>|<hero.name>|a <hero.kind> {called|named} <hero.name>}')
        about += random.choice(['', f' {subject}'])
        return about + random.choice(['.\n\n', '.\n', ':\n\n', '. ', '.', '']), story
    return noise(random), random.choice(['\n\n', '\n\n', ' ']) + story
