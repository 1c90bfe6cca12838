import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus } from "node:os";
import { basename } from "node:path";

/**
 * Names what a prepared graph is right for: one version of ONNX Runtime, and one kind of processor, whose kernels say in
 * which order weights lie; and the file in the model's folder that it was made from. That this file is what it was
 * is seen to by the cache.
 */
export async function formName(modelPath: string): Promise<string> {
	const { size } = await stat(modelPath);
	const source = shortHash([basename(modelPath), size]);
	return `${await environmentName()}-${source}`;
}

async function environmentName(): Promise<string> {
	// Linux alone has the file; elsewhere the model's name has to do.
	const listed = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
	const processor = processorName(cpus()[0]?.model ?? "", listed);
	return `${runtimeVersion()}-${arch()}-${processor}`;
}

/**
 * A short name for a kind of processor.
 *
 * @param model what it calls itself
 * @param listed what Linux says of it in /proc/cpuinfo
 */
export function processorName(model: string, listed: string): string {
	// x86 calls them flags, ARM features. Their order means nothing.
	const [, flags = ""] = /^(?:flags|Features)\s*:(.*)$/m.exec(listed) ?? [];
	const sorted = flags.trim().split(/\s+/).sort();
	return shortHash([model, sorted]);
}

function shortHash(known: unknown): string {
	const json = JSON.stringify(known);
	return createHash("sha256").update(json).digest("hex").slice(0, 12);
}

/** Read from its package, as the library itself is loaded in model processes only. */
function runtimeVersion(): string {
	const require = createRequire(import.meta.url);
	const known: unknown = require("onnxruntime-node/package.json");
	if (
		typeof known === "object" &&
		known !== null &&
		"version" in known &&
		typeof known.version === "string"
	)
		return known.version;
	throw new Error("onnxruntime-node does not say its version");
}
