import { createRequire } from "node:module";
import type { Precision } from "../../sidecar/dev/model-artifact.ts";
import { precisions } from "./runtime/plan.ts";
import { circumstances, isMet, markdown, type Row } from "./runtime/table.ts";

export interface MeasuredRowsOptions<Part extends string> {
	wanted: ReadonlySet<Part>;
	report: (line: string) => void;
	/** What is measured besides ONNX Runtime and Node.js, and which version of it. */
	versions: Readonly<Record<string, string>>;
}

/** The table that a bench makes, part after part. */
export class MeasuredRows<Part extends string> {
	readonly #options: MeasuredRowsOptions<Part>;
	readonly #measuredOn: string;
	readonly #rows: Row[] = [];

	/** To be made before anything is measured. */
	constructor(options: MeasuredRowsOptions<Part>) {
		this.#options = options;
		this.#measuredOn = circumstances({
			...options.versions,
			"onnxruntime-node": onnxRuntimeVersion(),
			"Node.js": process.versions.node,
		});
	}

	/** Measures a part, if it is wanted, and says at once what came out. */
	async measure(part: Part, measured: () => Promise<Row[]>): Promise<void> {
		const { wanted, report } = this.#options;
		if (!wanted.has(part)) return;
		const start = performance.now();
		const made = await measured();
		const seconds = ((performance.now() - start) / 1000).toFixed(0);
		report(`${part}, ${seconds} s\n${markdown(made)}`);
		this.#rows.push(...made);
	}

	/** The same for each of MiniLM's precisions. */
	async measureBoth(
		part: Part,
		measured: (precision: Precision) => Promise<Row[]>,
	): Promise<void> {
		for (const precision of precisions)
			await this.measure(part, () => measured(precision));
	}

	/** Prints the table; the process will exit with 1 where a bound is missed. @param notes on how it was measured */
	print(...notes: unknown[]): void {
		const head = [this.#measuredOn, ...notes].join("; ");
		console.log(`${head}\n\n${markdown(this.#rows)}`);
		if (this.#rows.some((row) => isMet(row) === false)) process.exitCode = 1;
	}
}

function onnxRuntimeVersion(): string {
	const { version } = createRequire(import.meta.url)(
		"onnxruntime-node/package.json",
	);
	return String(version);
}
