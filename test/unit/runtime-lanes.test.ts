import { expect, test } from "vitest";
import { Lanes } from "../../sidecar/runtime/lanes.ts";

function filled(): Lanes<string> {
	const lanes = new Lanes<string>();
	lanes.push("ingest", 1, "i1");
	lanes.push("search", 2, "s2");
	lanes.push("ingest", 3, "i3");
	lanes.push("search", 4, "s4");
	return lanes;
}

test("a query does not wait behind documents, and nobody is overtaken in a lane", () => {
	const lanes = filled();
	const taken = Array.from({ length: 5 }, () => lanes.take());
	expect(taken).toEqual(["s2", "s4", "i1", "i3", undefined]);
});

test("work that a process lost is run before what came later", () => {
	const lanes = filled();
	lanes.unshift("ingest", [
		[8, "i8"],
		[9, "i9"],
	]);
	expect(lanes.drain()).toEqual(["s2", "s4", "i8", "i9", "i1", "i3"]);
	expect(lanes.size).toBe(0);
});

test("an abandoned text leaves its lane, and only that one does", () => {
	const lanes = filled();
	expect(lanes.delete(4)).toBe("s4");
	expect(lanes.delete(4)).toBeUndefined();
	expect(lanes.take("ingest")).toBe("i1");
	expect(lanes.sizeOf("search")).toBe(1);
	expect(lanes.size).toBe(2);
});
