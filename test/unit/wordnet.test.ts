import { expect, test } from "vitest";
import {
	chooseNouns,
	type Noun,
	parseNoun,
	parseNounSense,
	readNouns,
} from "../../sidecar/dev/wordnet.ts";

test("a noun keeps its words and its definition: otherwise a search shows the wrong word for a meaning", () => {
	expect(
		parseNoun(
			'02086723 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 002 @ 02085998 n 0000 ~ 01325095 n 0000 | a member of the genus Canis; occurs in many breeds; "the dog barked all night"  ',
		),
	).toEqual({
		id: "02086723",
		lexFile: "05",
		lemma: "dog",
		synonyms: ["domestic dog", "Canis familiaris"],
		gloss: "a member of the genus Canis; occurs in many breeds",
		named: false,
		hypernyms: ["02085998"],
	});
});

test("more than nine words are counted in hexadecimal: otherwise pointers are read as words", () => {
	const words = Array.from({ length: 17 }, (_, i) => `w${i} 0`).join(" ");
	const noun = parseNoun(
		`00000001 06 n 11 ${words} 001 @i 00000002 n 0000 | x`,
	);
	expect(noun?.synonyms).toHaveLength(16);
	expect(noun?.synonyms.at(-1)).toBe("w16");
	expect(noun?.named).toBe(true);
});

test("the licence above the data is no noun, and a damaged line is not skipped in silence", () => {
	expect(parseNoun("  1 This software and database is")).toBeUndefined();
	expect(() => parseNoun("00000001 06 n 01 word 0 000")).toThrow(
		"00000001 06 n 01 word",
	);
});

test("how often a noun is met counts nouns alone: a verb's count would choose rare nouns", () => {
	expect(parseNounSense("plumber%1:18:00:: 10462606 1 3")).toEqual({
		id: "10462606",
		count: 3,
	});
	expect(parseNounSense("run%2:38:00:: 01930264 1 106")).toBeUndefined();
});

test("common kinds of things come first, names and abstractions not at all", () => {
	const noun = (id: string, lexFile: string, named = false): Noun => ({
		id,
		lexFile,
		lemma: id,
		synonyms: [],
		gloss: "",
		named,
		hypernyms: [],
	});
	const chosen = chooseNouns(
		[
			noun("00000009", "18"),
			noun("00000003", "06"),
			noun("00000001", "18", true),
			noun("00000002", "07"),
			noun("00000005", "05"),
		],
		{
			counts: new Map([
				["00000005", 2],
				["00000001", 9],
				["00000002", 9],
			]),
			limit: 2,
		},
	);
	expect(chosen.map((each) => each.id)).toEqual(["00000005", "00000003"]);
});

test("the quick start's 5,000 nouns are distinct, in ordinary use, and hold the plumber that is searched for", async () => {
	const nouns = await readNouns(5_000);
	expect(new Set(nouns.map((noun) => noun.id)).size).toBe(5_000);
	expect(nouns[0]?.lemma).toBe("man");
	expect(nouns.find((noun) => noun.lemma === "plumber")?.gloss).toBe(
		"a craftsman who installs and repairs pipes and fixtures and appliances",
	);
	expect(nouns.filter((noun) => !noun.gloss || !noun.lemma)).toEqual([]);
	expect(nouns.filter((noun) => noun.named)).toEqual([]);
});
