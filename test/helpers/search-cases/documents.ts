/** A document of the cases' indices, before its vectors are added. */
export interface Book {
	title: string;
	/** Sentences that end in full stops. */
	text: string;
	topic: string;
	year: number;
	price: number;
}

/** Books by lines of title, text, topic, year and price. */
function booksOf(lines: string): Book[] {
	return lines
		.trim()
		.split("\n")
		.map((line) => {
			const [title = "", text = "", topic = "", year, price] =
				line.split(" | ");
			return { title, text, topic, year: Number(year), price: Number(price) };
		});
}

/** What most of the searches look through. */
export const books: readonly Book[] = booksOf(`
Cats at home | A small cat sleeps on the warm chair. It dreams of mice. | animals | 1999 | 12.5
Wild cats | A wild cat hunts small birds at night. | animals | 2003 | 18
Dogs and people | A dog guards the old house. The dog loves running. | animals | 2011 | 9.75
Birds of the coast | White birds fly over the cold sea. They nest in rocks. | animals | 1987 | 22
Horses | A horse runs over the green field. | animals | 2015 | 31.2
The aquarium | Small fish swim in warm water. A red fish hides in plants. | animals | 2020 | 14
Mice in the kitchen | Mice eat bread and cheese in the kitchen at night. | animals | 1994 | 7
Red wines | Red wine tastes of berries and old wood. Serve it warm. | drinks | 2001 | 25
White wines | White wine is served cold with fish. | drinks | 2001 | 24
Tea for two | Green tea is drunk warm in the morning. It calms the mind. | drinks | 2018 | 6.5
Coffee | Strong coffee wakes people in the morning. | drinks | 2018 | 6.5
Beer and bread | Old beer is made of water and bread. | drinks | 1975 | 11
Water | Cold water runs from the mountain. People drink it. | drinks | 1990 | 3
Juice | Sweet juice is made of red berries and apples. | drinks | 2022 | 5
Running shoes | Light running shoes for long roads. Runners love them. | clothes | 2021 | 89
Red shoes | Red shoes for dancing at night. | clothes | 2012 | 120
Warm coats | A warm coat keeps people dry in cold rain. | clothes | 2009 | 150
Hats | An old hat of green wool. Mice have eaten at it. | clothes | 1960 | 19
Gloves | Gloves of soft wool for cold hands in winter. | clothes | 2014 | 15
Boots for mountains | Strong boots for walking over rocks and mountains. | clothes | 2019 | 140
The violin | A violin sings high. An old violin of dark wood is dear. | music | 1983 | 2100
Drums | Loud drums wake people at night. | music | 2005 | 350
Songs of birds | Birds sing in the morning. Their songs are music. | music | 1997 | 16
The piano | A piano of black wood stands in the house. | music | 1972 | 4000
Dancing | People dance to loud music at night in red shoes. | music | 2016 | 13
The horn | A horn calls over mountains and fields. | music | 1955 | 800
Cold winters | Snow falls on the mountain in a cold winter. | weather | 2010 | 8
Summer rain | Warm rain falls on green fields in summer. Fish love it. | weather | 2013 | 8
Storms at sea | A storm at sea breaks old ships on the rocks. | weather | 1968 | 21
Fog | White fog lies over the cold water in the morning. | weather | 1992 | 10
Night frost | Frost comes at night and kills small plants. | weather | 2006 | 9.5
Wind | A strong wind runs over the sea. | weather | 2000 | 9.5
Bread | Bread is made of water and grain. Warm bread smells sweet. | food | 1998 | 4
Cheese | Old cheese tastes strong. Mice love it. | food | 1979 | 17
Apples | Red apples and green apples grow on old trees. | food | 2008 | 2.5
Fish soup | A warm soup of fish and white wine. | food | 2017 | 11.5
Berries | Sweet red berries grow in the woods in summer. | food | 2002 | 6
Honey | Bees make sweet honey of flowers. | food | 2004 | 13
`);

/** A second index of the same kind. */
export const furtherBooks: readonly Book[] = booksOf(`
Cats and music | A cat walks over the piano at night. | animals | 2007 | 20
Sea birds | Sea birds hunt fish in a storm. They love the wind. | animals | 1989 | 23
Mulled wine | Warm red wine with honey and apples in winter. | drinks | 2010 | 7
Iced tea | Cold green tea with sweet berries. | drinks | 2019 | 5.5
Rain coats | A light coat for summer rain. | clothes | 2020 | 95
Dancing shoes | Soft black shoes for dancing. | clothes | 1995 | 60
Winter songs | Old songs of snow and frost. People sing them at home. | music | 1964 | 12
Dry summers | No rain falls and fields are dry. | weather | 2022 | 8.5
Mountain cheese | Strong cheese of the mountain with bread. | food | 2003 | 21
Fishing | Fish are caught in cold water in the morning. | animals | 1981 | 27
`);

/** The passages of a book. */
export function passagesOf({ text }: Book): string[] {
	return text.split(/(?<=\.) /);
}

/** A family of an index with a `join` field: a shelf and what stands on it. */
export interface Shelf {
	name: string;
	volumes: readonly string[];
}

export const shelves: readonly Shelf[] = [
	{
		name: "animals of the house",
		volumes: ["a cat on a warm chair", "mice in the kitchen", "an old dog"],
	},
	{ name: "drinks", volumes: ["red wine", "cold white wine with fish"] },
	{ name: "weather", volumes: ["snow on the mountain", "a storm at sea"] },
	{ name: "an empty shelf", volumes: [] },
];

/** Every text that the indices hold a vector of. */
export function corpusTexts(): string[] {
	const all = [...books, ...furtherBooks];
	return [
		...new Set([
			...all.flatMap((book) => [book.text, ...passagesOf(book)]),
			...shelves.flatMap(({ name, volumes }) => [name, ...volumes]),
		]),
	];
}
