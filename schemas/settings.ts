import { type Static, Type } from "typebox";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

/**
 * Every setting of the sidecar, each declared once: its name in the environment, its type, default, unit
 * and meaning. The README's table is checked against this object.
 */
export const SettingsSchema = Type.Object({
	OPENSEARCH_URL: Type.String({
		default: "http://127.0.0.1:9200",
		pattern: "^https?://[^\\s/?#@]+/?$",
		description:
			"The OpenSearch behind the sidecar: scheme, host and port; no path, no credentials.",
	}),
	OPENSEARCH_USERNAME: Type.String({
		default: "",
		description:
			"User of the sidecar's own calls to OpenSearch. Empty: no credentials.",
	}),
	OPENSEARCH_PASSWORD: Type.String({
		default: "",
		description: "Password of that user. Never logged.",
		secret: true,
	}),
	SIDECAR_HOST: Type.String({
		default: "127.0.0.1",
		description: "Address to listen on.",
	}),
	SIDECAR_PORT: Type.Integer({
		default: 9400,
		minimum: 0,
		maximum: 65535,
		description: "Port to listen on; 0 takes a free one.",
	}),
	SIDECAR_LOG_LEVEL: Type.Enum(
		["trace", "debug", "info", "warn", "error", "fatal", "silent"],
		{
			default: "info",
			description: "Lowest level that is logged.",
		},
	),
	SIDECAR_CACHE_DIR: Type.String({
		default: "",
		description:
			"Folder for unpacked models. Empty: `opensearch-ml-sidecar` in `$XDG_CACHE_HOME` or `~/.cache`.",
	}),
	SIDECAR_CONNECT_TIMEOUT_MS: Type.Integer({
		default: 5_000,
		minimum: 1,
		unit: "milliseconds",
		description:
			"Time for a connection to OpenSearch; past it the answer is 503.",
	}),
	SIDECAR_UPSTREAM_TIMEOUT_MS: Type.Integer({
		default: 300_000,
		minimum: 1,
		unit: "milliseconds",
		description:
			"Time OpenSearch may be silent, before its answer or within it; past it the answer is 504.",
	}),
	SIDECAR_SHUTDOWN_TIMEOUT_MS: Type.Integer({
		default: 20_000,
		minimum: 0,
		unit: "milliseconds",
		description:
			"Time that requests in flight are given when the sidecar is asked to stop.",
	}),
	SIDECAR_JSON_BODY_LIMIT: Type.Integer({
		default: 10 * mebibyte,
		minimum: 1,
		unit: "bytes",
		description:
			"A body that is read whole: a search, a pipeline, a model API call; inflated size.",
	}),
	SIDECAR_BULK_LINE_LIMIT: Type.Integer({
		default: 100 * mebibyte,
		minimum: 1,
		unit: "bytes",
		description: "One line of a `_bulk` body, or one document.",
	}),
	SIDECAR_BULK_GROUP_BYTES: Type.Integer({
		default: 4 * mebibyte,
		minimum: 1,
		unit: "bytes",
		description:
			"Bulk lines that are embedded together end at this size; two groups are in memory at most for each request.",
	}),
	SIDECAR_BULK_GROUP_DOCUMENTS: Type.Integer({
		default: 64,
		minimum: 1,
		unit: "documents",
		description: "Documents of a bulk that are embedded together.",
	}),
	SIDECAR_PIPELINE_CACHE_MS: Type.Integer({
		default: 1_000,
		minimum: 0,
		unit: "milliseconds",
		description:
			"How long an index's pipeline and a pipeline's definition are remembered.",
	}),
	SIDECAR_PREDICT_TEXTS_LIMIT: Type.Integer({
		default: 1_024,
		minimum: 1,
		unit: "texts",
		description: "Texts in one predict or search request.",
	}),
	SIDECAR_MODEL_MAX_BYTES: Type.Integer({
		default: 4 * gibibyte,
		minimum: 1,
		unit: "bytes",
		description: "A model's archive.",
	}),
	SIDECAR_LARGE_MODEL_BYTES: Type.Integer({
		default: 64 * mebibyte,
		minimum: 0,
		unit: "bytes",
		description:
			"From this size a model's chunks have an index of their own, so that deleting the model deletes an index.",
	}),
	SIDECAR_ARCHIVE_ENTRIES_LIMIT: Type.Integer({
		default: 1_000,
		minimum: 1,
		unit: "entries",
		description: "Entries of a model's archive.",
	}),
	SIDECAR_ARCHIVE_RATIO_LIMIT: Type.Integer({
		default: 200,
		minimum: 1,
		description:
			"How many times larger than in the archive an entry may be once unpacked.",
	}),
	SIDECAR_ARCHIVE_UNPACKED_LIMIT: Type.Integer({
		default: 8 * gibibyte,
		minimum: 1,
		unit: "bytes",
		description: "All the entries of a model's archive, unpacked.",
	}),
	SIDECAR_MODEL_ALLOCATIONS: Type.Integer({
		default: 0,
		minimum: 0,
		maximum: 64,
		unit: "threads",
		description:
			"Worker threads of a deployed model, each with a session of its own. 0: one for each processor.",
	}),
	SIDECAR_MODEL_THREADS: Type.Integer({
		default: 1,
		minimum: 1,
		maximum: 64,
		unit: "threads",
		description: "Threads that ONNX Runtime uses within one allocation.",
	}),
	SIDECAR_MODEL_QUEUE_TEXTS: Type.Integer({
		default: 16_384,
		minimum: 1,
		unit: "texts",
		description:
			"Texts that may wait or run for one model, queries and bulk each; past it the answer is 429, and a bulk waits.",
	}),
	SIDECAR_MODEL_QUEUE_CHARACTERS: Type.Integer({
		default: 128 * mebibyte,
		minimum: 1,
		unit: "characters",
		description: "UTF-16 units of those texts, likewise.",
	}),
	SIDECAR_MODEL_START_TIMEOUT_MS: Type.Integer({
		default: 120_000,
		minimum: 1,
		unit: "milliseconds",
		description:
			"Time for a model's process to load it and to answer a first text.",
	}),
});

/** The settings as read: every one present, in its own type. */
export type Settings = Static<typeof SettingsSchema>;
