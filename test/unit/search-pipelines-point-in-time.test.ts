import { describe, expect, it } from "vitest";
import { indicesOfPointInTime } from "../../sidecar/search/pipelines/point-in-time.ts";

/** As OpenSearch 3.6 made them. */
const ofOne =
	"g-O6QQECaTEWLV94cVJQaFJSRldhNjdJMXl1S2hsdwAWaFU2b2pmY2dTMWVITHRRSThUaTdLZwAAAAAAAAAAOBZIcHk4MGpPMFFCQ2p0MzZNRENZUVNnARYtX3hxUlBoUlJGV2E2N0kxeXVLaGx3AAA=";
const ofTwo =
	"g-O6QQICaTIWekZBYXgydy1TcXlXTTlYemZ4Y2tNZwAWaFU2b2pmY2dTMWVITHRRSThUaTdLZwAAAAAAAAAAOhZIcHk4MGpPMFFCQ2p0MzZNRENZUVNnAmkxFi1feHFSUGhSUkZXYTY3STF5dUtobHcAFmhVNm9qZmNnUzFlSEx0UUk4VGk3S2cAAAAAAAAAADkWSHB5ODBqTzBRQkNqdDM2TURDWVFTZwIWLV94cVJQaFJSRldhNjdJMXl1S2hsdwAAFnpGQWF4MnctU3F5V005WHpmeGNrTWcAAA==";

describe("a point in time", () => {
	it("names the indices that it was made of", () => {
		expect(indicesOfPointInTime(ofOne)).toBe("i1");
		expect(indicesOfPointInTime(ofTwo)).toBe("i2,i1");
	});

	it.each(["", "abc", ofTwo.slice(0, 100), "AAAA", "g-O6Qf______"])(
		"names none where its id is not read: %j",
		(id) => {
			expect(indicesOfPointInTime(id)).toBeUndefined();
		},
	);
});
