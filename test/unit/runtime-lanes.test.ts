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

test("nobody is overtaken in a lane", () => {
	const lanes = filled();
	expect([...lanes.in("ingest")]).toEqual(["i1", "i3"]);
	const taken = Array.from({ length: 3 }, () => lanes.take("search"));
	expect(taken).toEqual(["s2", "s4", undefined]);
	expect(lanes.sizeOf("ingest")).toBe(2);
});

test("an abandoned text leaves its lane, and only that one does", () => {
	const lanes = filled();
	expect(lanes.delete(4)).toBe("s4");
	expect(lanes.delete(4)).toBeUndefined();
	expect(lanes.take("ingest")).toBe("i1");
	expect(lanes.sizeOf("search")).toBe(1);
	expect(lanes.sizeOf("ingest")).toBe(1);
});
