import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rawElements, rawMembers } from "../../sidecar/search/raw-json.ts";

describe("the members of a JSON object", () => {
	it("keep what a document's numbers, keys and strings were", () => {
		const source =
			'{"big":9007199254740993,"d":1.10,"b":1,"a":"\\u00e9 \\" } ]"}';
		const members = rawMembers(
			` { "_id" : "\\u0031" ,"n":-1.5e3,\n"_source":${source},"list":[1,[2],{"x":[]}] } `,
		);
		expect(Object.fromEntries(members)).toEqual({
			_id: '"\\u0031"',
			n: "-1.5e3",
			_source: source,
			list: '[1,[2],{"x":[]}]',
		});
		expect(rawElements(members.get("list"))).toEqual(["1", "[2]", '{"x":[]}']);
	});

	it.each([
		["{}", 0],
		["{ }", 0],
		['{"":1}', 1],
	])("%s are %i", (text, count) => {
		expect(rawMembers(text).size).toBe(count);
	});

	it.each(["", "[]", "{", '{"a":1', '{"a', '{"a":[1}', "nothing"])(
		"are not read out of [%s]",
		(text) => {
			expect(() => rawMembers(text)).toThrow("is not the JSON");
		},
	);

	it("stand for the values that JSON.parse gives", () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.string(), fc.jsonValue()),
				fc.constantFrom(undefined, 2, "\t"),
				(object, space) => {
					const text = JSON.stringify(object, null, space);
					const members = [...rawMembers(text)].map(
						([name, raw]) => [name, JSON.parse(raw)] as const,
					);
					expect(members).toEqual(Object.entries(JSON.parse(text)));
				},
			),
		);
	});

	it("stand for the elements of an array", () => {
		fc.assert(
			fc.property(fc.array(fc.jsonValue()), (array) => {
				const text = JSON.stringify(array, null, 1);
				expect(rawElements(text).map((raw) => JSON.parse(raw))).toEqual(
					JSON.parse(text),
				);
			}),
		);
	});
});
