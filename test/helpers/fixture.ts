import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";

/** A file of test/fixtures, checked against what it should hold. */
export function readFixture<S extends TSchema>(
	path: string,
	schema: S,
): Static<S> {
	const file = join(import.meta.dirname, "../fixtures", path);
	return Compile(schema).Parse(JSON.parse(readFileSync(file, "utf8")));
}
