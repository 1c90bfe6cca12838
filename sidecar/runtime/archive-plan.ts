import { SidecarError } from "../errors.ts";

/** What a model's archive may be at most. */
export interface ArchiveLimits {
	entries: number;
	/** How many times larger than in the archive an entry may be once unpacked. */
	ratio: number;
	/** All entries together, unpacked, bytes. */
	unpackedBytes: number;
	/** tokenizer.json, and idf.json: what a model's process reads into memory as text. Unpacked, each. */
	tokenizerBytes: number;
	/** Whether an archive may hold a tokenizer and no ONNX file: that of a SPARSE_TOKENIZE model. */
	withoutGraph?: boolean;
}

/** What an archive's directory says about one entry. */
export interface ArchiveEntry {
	/** Its path in the archive, `/` between folders; a folder's own entry ends with one. */
	name: string;
	compressedBytes: number;
	unpackedBytes: number;
	/** The file mode of the system that made the archive; 0 if it has none. */
	mode: number;
	encrypted: boolean;
}

/** What is unpacked of an archive, under these names in one folder. */
export interface ArchivePlan {
	/** The ONNX file; tokenizer.json where there is none. */
	modelFile: string;
	/** By their names in the archive. */
	targets: ReadonlyMap<string, string>;
	/** Of them all. */
	unpackedBytes: number;
}

const executable = /\.(jar|class|so|so(\.\d+)+|dylib|dll|exe|node)$/i;
const externalData = /\.(onnx_data(_\d+)?|data|bin|weights)$/i;

/** Kept from the archive's root, if they are there. */
const tokenizerFile = "tokenizer.json";
const rootFiles = [tokenizerFile, "idf.json"];

const fileType = 0o170000;
const regularFile = 0o100000;
const directory = 0o040000;

/** Refuses an archive for one entry, before anything of it is unpacked. Throws `bad_request`. */
export function checkEntry(entry: ArchiveEntry, limits: ArchiveLimits): void {
	const { name, mode, compressedBytes, unpackedBytes } = entry;
	const parts = name.replace(/\/$/, "").split("/");
	// A control character is for nothing but to hide something from whoever reads the name.
	// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
	const strange = /[\\\u0000-\u001f\u007f]|^[a-z]:/i.test(name);
	if (strange || parts.some((part) => ["", ".", ".."].includes(part))) {
		throw refused(`has an unsafe path: ${JSON.stringify(name)}`);
	}
	const type = mode & fileType;
	if (type !== 0 && type !== regularFile && type !== directory) {
		throw refused(`holds a link or a device: ${name}`);
	}
	if (entry.encrypted) throw refused(`is encrypted: ${name}`);
	if (executable.test(name)) {
		throw new SidecarError(
			"bad_request",
			`Model archive contains a disallowed executable file: ${name}`,
		);
	}
	if (rootFiles.includes(name) && unpackedBytes > limits.tokenizerBytes) {
		throw refused(
			`has ${unpackedBytes} bytes in ${name}; SIDECAR_TOKENIZER_LIMIT allows ${limits.tokenizerBytes}`,
		);
	}
	if (unpackedBytes > compressedBytes * limits.ratio) {
		throw refused(
			`unpacks ${name} from ${compressedBytes} to ${unpackedBytes} bytes; ${limits.ratio} times is the most`,
		);
	}
}

/**
 * What to unpack of an archive whose entries have all been checked: the one ONNX file, data files beside it,
 * and tokenizer.json of the root. Throws `bad_request`, in ml-commons' words where it has some.
 */
export function planArchive(
	entries: readonly ArchiveEntry[],
	limits: ArchiveLimits,
): ArchivePlan {
	checkTotals(entries, limits);
	const names = entries
		.map(({ name }) => name)
		.filter((name) => !name.endsWith("/") && !isResourceFork(name));
	const pytorch = names.find((name) => name.endsWith(".pt"));
	if (pytorch !== undefined) {
		throw missing("Model format is ONNX, but find .pt file");
	}
	const [model, ...others] = names.filter((name) => name.endsWith(".onnx"));
	if (model === undefined && !limits.withoutGraph) {
		throw missing("Can't find model file");
	}
	if (others.length > 0) {
		throw missing("Find multiple model files, but expected only one");
	}
	if (!names.includes(tokenizerFile)) throw missing("No tokenizer file");
	const kept = names.filter(
		(name) =>
			name === model ||
			rootFiles.includes(name) ||
			(model !== undefined &&
				folderOf(name) === folderOf(model) &&
				externalData.test(name)),
	);
	const targets = new Map(kept.map((name) => [name, baseOf(name)]));
	return {
		modelFile: baseOf(model ?? tokenizerFile),
		targets,
		unpackedBytes: entries
			.filter(({ name }) => targets.has(name))
			.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
	};
}

function checkTotals(
	entries: readonly ArchiveEntry[],
	limits: ArchiveLimits,
): void {
	const seen = new Set<string>();
	let total = 0;
	for (const { name, unpackedBytes } of entries) {
		// Two names that some file system takes for one are as bad as one name twice.
		const key = name.normalize("NFC").toLowerCase();
		if (seen.has(key)) throw refused(`has ${name} twice`);
		seen.add(key);
		total += unpackedBytes;
	}
	if (total > limits.unpackedBytes) {
		throw refused(
			`has ${total} bytes unpacked; ${limits.unpackedBytes} are the most`,
		);
	}
}

/** What macOS adds to the archives it makes: a shadow of each file, with its ending. */
function isResourceFork(name: string): boolean {
	return name.startsWith("__MACOSX/") || baseOf(name).startsWith("._");
}

function baseOf(name: string): string {
	return name.slice(name.lastIndexOf("/") + 1);
}

function folderOf(name: string): string {
	return name.slice(0, name.lastIndexOf("/") + 1);
}

function missing(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}

/** An archive that is not what it should be. */
export function refused(reason: string, cause?: unknown): SidecarError {
	return new SidecarError("bad_request", `Model archive ${reason}`, {
		...(cause !== undefined && { cause }),
	});
}
