"""Names that nobody has."""

from collections.abc import Iterator
from random import Random

GIVEN = """
Acorn Alder Amber Anise Ansel Arlo Aspen Aster Auburn Barley Basil Bay Beck Beryl Birch Blythe Bracken Bram Bramble Briar
Brook Calla Cassia Cedar Cello Chestnut Cicely Clary Clover Cobalt Coral Cosmo Cricket Cypress Dahlia Dapple Delphine
Dill Domino Echo Elder Ember Fable Fennel Fern Finch Flax Florin Fox Garnet Ginger Hazel Heath Heron Hollis Hyssop
Indigo Ivo Ivy Jasper Jonquil Juniper Kestrel Lark Laurel Linden Linnet Lotus Lumen Luna Maple Marlow Meadow Merle Milo
Minnow Mirabel Moss Nettle Nimbus Oakley Olive Onyx Opal Orchid Otter Pebble Peony Perry Petal Pippin Plum Poppy Quill
Quince Rain Reed River Robin Rowan Rue Saffron Sage Sorrel Sparrow Star Starling Summer Sunny Tansy Teal Thistle Thyme
Tulip Velvet Vesper Violet Wick Willow Wren Yarrow Zephyr Zinnia
""".split()
FAMILY = """
Applewood Barleycorn Beanstalk Bellweather Bluebottle Bogwood Bramblewick Brightwater Bumble Buttercup Buttonwood
Candlewick Caraway Catkin Clearbrook Cloudberry Cobblestone Copperpot Cornflower Cottonwood Crabapple Dandelion Dapple
Dewdrop Driftwood Dragonfly Eiderdown Elderberry Fable Featherstone Fiddlehead Figwort Firefly Foxglove Gingerbread
Goldfinch Gooseberry Greengage Hatstand Hazelnut Hollow Honeycomb Hornbeam Inkwell Ivywood Jellybean Juneberry
Kettledrum Lamplight Lanternfish Larkspur Lilypad Linden Loosestrife Marigold Marmalade Meadowsweet Merrymoon Mistletoe
Moonbeam Mossbank Mulberry Nettle Nightjar Nutmeg Oatcake Paperclip Parsnip Pebblebrook Peppercorn Periwinkle Pinecone
Plumtree Pocketwatch Pumpkin Quicksilver Quill Quillfeather Rainwater Ravenwing Redbreast Riverstone Rosehip Rushlight
Sandpiper Saltmarsh Seafoam Shoelace Silverbell Skylark Snapdragon Snowberry Songbird Spindle Starling Starlight
Strawhat Sugarplum Sundial Swallowtail Tallgrass Tangerine Teacup Teasel Thimble Thistledown Toadflax Treacle Tumbleweed
Turnip Umbrella Underhill Velvet Waterlily Weathervane Whistledown Wick Wildrye Willowherb Windfall Woodbine Woolsack
Yellowhammer Zigzag
""".split()


def pairs(chance: Random) -> Iterator[tuple[str, str]]:
    """Yield given and family names, no pair twice."""
    every = [(given, family) for family in FAMILY for given in GIVEN if given != family]
    chance.shuffle(every)
    yield from every
