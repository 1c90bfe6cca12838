import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** What each room may import besides itself; whatever is not listed is a back arrow. */
const leaves = ["schemas", "sidecar/errors.ts"];
const allowed: Readonly<Record<string, readonly string[]>> = {
	schemas: [],
	ingest: ["schemas"],
	"sidecar/errors.ts": [],
	"sidecar/config.ts": ["schemas"],
	"sidecar/log.ts": [],
	"sidecar/metrics.ts": [],
	"sidecar/node-id.ts": [],
	"sidecar/advertised-address.ts": ["schemas"],
	"sidecar/http": leaves,
	"sidecar/download": leaves,
	"sidecar/store": [...leaves, "ingest"],
	"sidecar/peers": leaves,
	"sidecar/runtime": leaves,
	"sidecar/search": [...leaves, "ingest"],
	"sidecar/services": [
		...leaves,
		"ingest",
		"sidecar/metrics.ts",
		"sidecar/download",
		"sidecar/peers",
		"sidecar/store",
		"sidecar/runtime",
		"sidecar/search",
	],
	"sidecar/routes": [
		...leaves,
		"sidecar/http",
		"sidecar/metrics.ts",
		"sidecar/services",
	],
	"sidecar/proxy": [
		...leaves,
		"ingest",
		"sidecar/http",
		"sidecar/search",
		"sidecar/services",
	],
	"sidecar/composition": ["schemas", "sidecar"],
	"sidecar/app.ts": ["sidecar/composition", "sidecar/routes"],
	"sidecar/main.ts": [
		"sidecar/advertised-address.ts",
		"sidecar/app.ts",
		"sidecar/config.ts",
		"sidecar/errors.ts",
		"sidecar/log.ts",
		"sidecar/node-id.ts",
	],
	"sidecar/dev": [...leaves, "sidecar/config.ts"],
};

/** Packages that one file alone may import, and which. */
const oneImporter: Readonly<Record<string, string>> = {
	"onnxruntime-node": "sidecar/runtime/session.ts",
	tokenizers: "sidecar/runtime/tokenizer.ts",
};

const root = join(import.meta.dirname, "../..");
const files = ["schemas", "ingest", "sidecar"].flatMap((folder) =>
	readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts"))
		.map((file) => join(folder, file)),
);
const statement = /^(?:import|export)\b[^"';]*?(?:from\s*)?"([^"]+)"/gm;

interface Import {
	from: string;
	to: string;
}

const imports: Import[] = files.flatMap((from) =>
	[...readFileSync(join(root, from), "utf8").matchAll(statement)].map(
		([, to = ""]) => ({
			from,
			to: to.startsWith(".") ? normalize(join(dirname(from), to)) : to,
		}),
	),
);

function roomOf(file: string): string | undefined {
	return Object.keys(allowed).find(
		(room) => file === room || file.startsWith(`${room}/`),
	);
}

describe("the architecture", () => {
	it("has a room for every file", () => {
		expect(files.length).toBeGreaterThan(50);
		expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
	});

	it("has no arrow back", () => {
		const back = imports.filter(({ from, to }) => {
			const room = roomOf(from) ?? "";
			const inside = files.includes(to);
			const ok = [room, ...(allowed[room] ?? [])].some(
				(target) => to === target || to.startsWith(`${target}/`),
			);
			return inside && !ok;
		});
		expect(back).toEqual([]);
	});

	it("has no cycle", () => {
		const done = new Set<string>();
		const visit = (file: string, path: readonly string[]): void => {
			expect(path, `cycle through ${file}`).not.toContain(file);
			if (done.has(file)) return;
			for (const { to } of imports.filter(({ from }) => from === file))
				if (files.includes(to)) visit(to, [...path, file]);
			done.add(file);
		};
		for (const file of files) visit(file, []);
	});

	it.each(Object.entries(oneImporter))(
		"%s is imported by %s alone",
		(name, file) => {
			const importers = imports.filter(({ to }) => to === name);
			expect(importers.map(({ from }) => from)).toEqual([file]);
		},
	);

	it("lets the OpenSearch client in through sidecar/store only", () => {
		const importers = imports
			.filter(({ to }) => to === "@opensearch-project/opensearch")
			.map(({ from }) => from);
		expect(importers).not.toEqual([]);
		expect(
			importers.filter((file) => !file.startsWith("sidecar/store/")),
		).toEqual([]);
	});
});
