import { describe, expect, it } from "vitest";
import {
	follow,
	type Path,
	readFilterPaths,
} from "../../sidecar/http/filter-path.ts";

/** Paths that are looked at while names are met one within the other, as many as each path could take. */
function looked(paths: readonly Path[], levels: number): number {
	let at: readonly Path[] = paths;
	let sum = 0;
	for (let level = 0; level < levels; level++) {
		sum += at.length;
		const match = follow(at, "a");
		if (typeof match === "string") return sum;
		at = match;
	}
	return sum;
}

describe("filter_path", () => {
	it("costs no more than its steps for each name, however its stars could be taken", () => {
		const deep = Array.from({ length: 270 }, (_, n) => `**.**.**.**.z${n}`);
		const { included } = readFilterPaths(deep.join(","));
		const steps = deep.length * 5;
		expect(looked(included, 50)).toBeLessThanOrEqual(50 * steps);
	});

	it("holds a path once that is given twice, or that two others end with", () => {
		const { included } = readFilterPaths("a.c,a.c,b.c");
		const [first, second, ...others] = included;
		expect(others).toEqual([]);
		expect(first?.rest).toBe(second?.rest);
	});

	it("takes `**.**` for two names or more", () => {
		const { included } = readFilterPaths("**.**");
		const match = follow(included, "a");
		expect(match).toHaveLength(2);
		expect(typeof match === "string" ? match : follow(match, "b")).toBe("ends");
	});
});
