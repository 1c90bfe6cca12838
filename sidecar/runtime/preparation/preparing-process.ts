import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { isGrouping } from "./prepared-form.ts";
import type { Preparation, PreparationRequest } from "./preparing.ts";

/** What the process that prepares says: `error` if the original can't be run. */
export type Said = Preparation | { error: string };

/** How long a preparation may take, milliseconds: a model that needs more is read as it came. */
const patienceMs = 30_000;

/** The process that prepares a model ended by itself, or had to be ended. */
export class PreparationEnded extends Error {}

/**
 * Prepares a model in a process of its own: what ONNX Runtime takes for it, more than the model itself, is given back to
 * the system, and a graph that it can't write down ends nothing else. It ends with this process. Throws
 * PreparationEnded, or an Error with the reason why the model can't be run.
 */
export async function prepareApart(
	request: PreparationRequest,
): Promise<Preparation> {
	const script = createRequire(import.meta.url).resolve(
		"#dist/sidecar/runtime/preparation/main.js",
	);
	const child = spawn(process.execPath, [script], {
		stdio: ["pipe", "inherit", "inherit", "pipe"],
	});
	const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
	try {
		const [said] = await Promise.all([
			answerOf(child, request),
			once(child, "close"),
		]);
		if (!isSaid(said)) throw new PreparationEnded(endOf(child));
		if ("error" in said) throw new Error(said.error);
		return said;
	} finally {
		clearTimeout(timer);
	}
}

async function answerOf(
	child: ChildProcess,
	request: PreparationRequest,
): Promise<unknown> {
	const [input, , , output] = child.stdio;
	if (!(input instanceof Writable) || !(output instanceof Readable))
		throw new Error("the process that prepares a model has no pipes");
	// A process that has ended reads nothing; that it has ended is what counts.
	input.on("error", () => undefined);
	// Left open: the process ends when this one does.
	input.write(`${JSON.stringify(request)}\n`);
	const said = await text(output);
	try {
		return JSON.parse(said);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

function endOf({ exitCode, signalCode }: ChildProcess): string {
	return signalCode === null
		? `its preparation exited with code ${exitCode}`
		: `its preparation was ended by ${signalCode} (it may take ${patienceMs} ms)`;
}

function isSaid(value: unknown): value is Said {
	if (typeof value !== "object" || value === null) return false;
	if ("error" in value) return typeof value.error === "string";
	if ("fault" in value && typeof value.fault !== "string") return false;
	return "grouping" in value && isGrouping(value.grouping);
}
