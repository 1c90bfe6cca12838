import { parseArgs } from "node:util";

/** What a bench's command line says. */
export interface BenchOptions<Part extends string> {
	/** Less of everything, and coarser. */
	quick: boolean;
	/** The parts of it that are wanted. */
	wanted: ReadonlySet<Part>;
	/** Where V8 puts profiles of the sidecar's process, if they are wanted. */
	profile: { profileFolder?: string };
}

/** `--quick`, `--only` one or more of the parts, and `--profile FOLDER`. @throws for anything else */
export function readBenchOptions<Part extends string>(
	parts: readonly Part[],
): BenchOptions<Part> {
	const { values } = parseArgs({
		options: {
			quick: { type: "boolean", default: false },
			only: { type: "string", default: parts.join() },
			profile: { type: "string" },
		},
	});
	const wanted = values.only.split(",").map((name) => {
		const found = parts.find((part) => part === name);
		if (found !== undefined) return found;
		throw new Error(`--only takes ${parts.join()}, not ${name}`);
	});
	return {
		quick: values.quick,
		wanted: new Set(wanted),
		profile:
			values.profile === undefined ? {} : { profileFolder: values.profile },
	};
}
