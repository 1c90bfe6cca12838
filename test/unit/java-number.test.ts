import { describe, expect, it } from "vitest";
import { doubleText, floatText } from "../../sidecar/search/java-number.ts";

describe("a number in a message or an answer", () => {
	it.each([
		[0.1, "0.1"],
		[1, "1.0"],
		[-0, "-0.0"],
		[0.30000001192092896, "0.3"],
		[16777216, "1.6777216E7"],
		[1e-5, "1.0E-5"],
		[1e8, "1.0E8"],
		// Floats that only nine digits tell from their neighbours.
		[-0.12405521422624588, "-0.124055214"],
		// Java writes two digits, even where one would do.
		[1.401298464324817e-45, "1.4E-45"],
		[Number.NaN, "NaN"],
		[Number.NEGATIVE_INFINITY, "-Infinity"],
	])("%f has the digits of Java's float", (value, expected) => {
		expect(floatText(Math.fround(value))).toBe(expected);
	});

	it.each([
		[0.001, "0.001"],
		[0.00099, "9.9E-4"],
		[12345678, "1.2345678E7"],
		[5, "5.0"],
	])("%f has the digits of Java's double", (value, expected) => {
		expect(doubleText(value)).toBe(expected);
	});
});
