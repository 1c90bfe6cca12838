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
	OPENSEARCH_CA_FILE: Type.String({
		default: "",
		description:
			"PEM file with the authorities that may have signed OpenSearch's certificate. Empty: those that Node.js knows.",
	}),
	OPENSEARCH_TLS_VERIFY: Type.Boolean({
		default: true,
		description:
			"Whether OpenSearch's certificate is checked. `false` lets anyone between here and there read and change everything.",
	}),
	SIDECAR_SECURITY: Type.Enum(["auto", "off"], {
		default: "auto",
		description:
			"`auto`: where OpenSearch has its security plugin, a caller of the model API needs the permission there. `off`: everyone may call it.",
	}),
	SIDECAR_CALLER_CACHE_MS: Type.Integer({
		default: 5_000,
		minimum: 0,
		unit: "milliseconds",
		description: "How long it is remembered who a caller is.",
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
	SIDECAR_ADVERTISED_URL: Type.String({
		default: "",
		pattern: "^(https?://[^\\s/?#@]+/?)?$",
		description:
			"Where the other sidecars of the cluster reach this one. Empty: the address it listens on, or the machine's first one if it listens on all.",
	}),
	SIDECAR_HEARTBEAT_MS: Type.Integer({
		default: 2_000,
		minimum: 100,
		unit: "milliseconds",
		description:
			"Time between two signs of life, and between two looks at what the other sidecars changed.",
	}),
	SIDECAR_NODE_GONE_MS: Type.Integer({
		default: 8_000,
		minimum: 500,
		unit: "milliseconds",
		description:
			"A sidecar without a sign of life for so long has disappeared: its tasks have failed, its models are partially deployed.",
	}),
	SIDECAR_NODE_FORGET_MS: Type.Integer({
		default: 600_000,
		minimum: 0,
		unit: "milliseconds",
		description:
			"A sidecar that has disappeared for so long is not expected back: models that are deployed everywhere don't wait for it.",
	}),
	SIDECAR_UPLOAD_TIMEOUT_MS: Type.Integer({
		default: 86_400_000,
		minimum: 1_000,
		unit: "milliseconds",
		description:
			"A model that is uploaded in chunks, and of which none came for so long, is deleted.",
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
	SIDECAR_CACHE_MAX_BYTES: Type.Integer({
		default: 20 * gibibyte,
		minimum: 0,
		unit: "bytes",
		description:
			"All models in that folder, with the archives on their way into it; the least recently used leave first. 0: no limit.",
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
	SIDECAR_BODIES_LIMIT: Type.Integer({
		default: 256 * mebibyte,
		minimum: 1,
		unit: "bytes",
		description:
			"All bodies together that are being read whole, or were and are not answered yet; past it the answer is 429.",
	}),
	SIDECAR_ANSWER_LIMIT: Type.Integer({
		default: 64 * mebibyte,
		minimum: 1,
		unit: "bytes",
		description:
			"An answer of OpenSearch that is read whole because the sidecar changes it: pipelines, cluster settings, listings of plugins; past it 502.",
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
	SIDECAR_REINDEX_LIMIT: Type.Integer({
		default: 4,
		minimum: 1,
		unit: "tasks",
		description:
			"Reindexes and updates by query that the sidecar runs at the same time; past it 429. Each has two pages of documents in memory at most.",
	}),
	SIDECAR_EMBED_PARTIAL_UPDATES: Type.Boolean({
		default: true,
		description:
			"Whether an update whose `doc` changes a text of the index's embedding pipeline changes the vector, too.",
	}),
	SIDECAR_PIPELINE_CACHE_MS: Type.Integer({
		default: 1_000,
		minimum: 0,
		unit: "milliseconds",
		description:
			"How long an index's pipeline and a pipeline's definition are remembered.",
	}),
	SIDECAR_DEFAULT_QUERY_MODELS: Type.Boolean({
		default: true,
		description:
			"Whether a query that names no model, and gets none from its search pipeline, is answered by the model that the index's embedding pipeline uses for the field.",
	}),
	SIDECAR_EMBEDDING_SPACE_CHECK: Type.Enum(["warn", "refuse", "off"], {
		default: "warn",
		description:
			"What becomes of a query by a model of other content than the one that wrote the first vectors of the field: it is answered with a `Warning` header, or refused with 400.",
	}),
	SIDECAR_EMBED_MS_HEADER: Type.Boolean({
		default: true,
		description:
			"Whether the answer to a search with queries for models says in `X-Sidecar-Embed-Ms` how long the models took.",
	}),
	SIDECAR_SLOW_REWRITE_MS: Type.Integer({
		default: 1_000,
		minimum: 0,
		unit: "milliseconds",
		description:
			"A search that takes longer to be rewritten, models and hybrid sub-queries included, is logged with the hash of its body, its index and its models. 0: none is.",
	}),
	SIDECAR_SLOW_REWRITE_QUERIES: Type.Boolean({
		default: false,
		description:
			"Whether the log of slow searches shows their bodies, too: they hold what people have asked.",
	}),
	SIDECAR_PREDICT_TEXTS_LIMIT: Type.Integer({
		default: 1_024,
		minimum: 1,
		unit: "texts",
		description:
			"Texts in one predict request; queries of the sidecar's, or searches with such, in one search request.",
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
	SIDECAR_TOKENIZER_LIMIT: Type.Integer({
		default: 64 * mebibyte,
		minimum: 1,
		unit: "bytes",
		description:
			"`tokenizer.json` in a model's archive, unpacked, and `idf.json` likewise; the largest in use have 35 MB.",
	}),
	SIDECAR_PRETRAINED_URL: Type.String({
		default: "https://artifacts.opensearch.org/models/ml-models",
		pattern: "^(https?|file)://[^\\s?#@]+[^\\s?#@/]$",
		description:
			"Where pretrained models are, `NAME/VERSION/onnx` below it: https, http, or file for a folder of this machine.",
	}),
	SIDECAR_DOWNLOAD_PRIVATE_ADDRESSES: Type.Boolean({
		default: false,
		description:
			"Models may come from private, loopback and link-local addresses too. Whoever may register models can then reach what the sidecar can reach.",
	}),
	SIDECAR_DOWNLOAD_CONNECT_TIMEOUT_MS: Type.Integer({
		default: 10_000,
		minimum: 1,
		unit: "milliseconds",
		description: "Time for a connection to where a model comes from.",
	}),
	SIDECAR_DOWNLOAD_IDLE_TIMEOUT_MS: Type.Integer({
		default: 30_000,
		minimum: 1,
		unit: "milliseconds",
		description:
			"Time that it may be silent, before its answer or within it; past it the download is tried again.",
	}),
	SIDECAR_DOWNLOAD_TIMEOUT_MS: Type.Integer({
		default: 3_600_000,
		minimum: 1,
		unit: "milliseconds",
		description: "Time for a download, with all its attempts.",
	}),
	SIDECAR_DOWNLOAD_RETRIES_LIMIT: Type.Integer({
		default: 8,
		minimum: 0,
		unit: "attempts",
		description:
			"Attempts after the first one; each goes on where the last one ended, if the server can.",
	}),
	SIDECAR_DOWNLOAD_REDIRECTS_LIMIT: Type.Integer({
		default: 5,
		minimum: 0,
		maximum: 5,
		unit: "redirects",
		description: "Redirects that are followed in a row.",
	}),
	SIDECAR_MODEL_ALLOCATIONS: Type.Integer({
		default: 0,
		minimum: 0,
		maximum: 64,
		unit: "threads",
		description:
			"Worker threads of a deployed model, each with a session of its own. 0: one for each processor that models may use, and no more than their memory holds.",
	}),
	SIDECAR_MODEL_THREADS: Type.Integer({
		default: 1,
		minimum: 1,
		maximum: 64,
		unit: "threads",
		description: "Threads that ONNX Runtime uses within one allocation.",
	}),
	SIDECAR_MODEL_LONE_THREADS: Type.Integer({
		default: 0,
		minimum: 0,
		maximum: 64,
		unit: "threads",
		description:
			"Threads for a text that comes while a model has nothing else to do, in a session of its own beside the allocations, and one with their threads; each used where it is quickest. 0: all processors but one, 2 to 4. 1: no such sessions.",
	}),
	SIDECAR_PROCESSORS: Type.Integer({
		default: 0,
		minimum: 0,
		maximum: 1_024,
		unit: "threads",
		description:
			"Threads that run models at once, over all models. 0: one for each processor that the machine has and the container's quota gives whole.",
	}),
	SIDECAR_MODEL_MEMORY_BYTES: Type.Integer({
		default: 0,
		minimum: 0,
		unit: "bytes",
		description:
			"What the processes of all models may have in memory; past it the least recently used model leaves, and comes back when it is asked for. 0: half of what the container or the machine allows, since OpenSearch is next door.",
	}),
	SIDECAR_MODEL_QUEUE_TEXTS: Type.Integer({
		default: 1_024,
		minimum: 1,
		maximum: 1_000_000,
		unit: "texts",
		description:
			"Texts that may wait or run in each lane of a model, unless its deployment says `queue_capacity`; past it the answer is 429, and a bulk that was let in waits.",
	}),
	SIDECAR_MODEL_QUEUE_CHARACTERS: Type.Integer({
		default: 128 * mebibyte,
		minimum: 1,
		unit: "characters",
		description: "UTF-16 units of those texts, likewise.",
	}),
	SIDECAR_MODEL_QUEUE_TOKENS: Type.Integer({
		default: 131_072,
		minimum: 1,
		unit: "tokens",
		description: "Tokens of those texts by estimate, likewise.",
	}),
	SIDECAR_MODEL_START_TIMEOUT_MS: Type.Integer({
		default: 120_000,
		minimum: 1,
		unit: "milliseconds",
		description:
			"Time for a model's process to load it and to answer a first text.",
	}),
	SIDECAR_MODEL_HANG_MS: Type.Integer({
		default: 60_000,
		minimum: 100,
		unit: "milliseconds",
		description:
			"A run longer than this, or a model's process silent for so long, is taken for hanging: the process is replaced.",
	}),
	SIDECAR_INFERENCE_TIMEOUT_MS: Type.Integer({
		default: 60_000,
		minimum: 1,
		unit: "milliseconds",
		description:
			"Time for what models have to do for a predict or a search that names no `timeout`; past it the answer is 408.",
	}),
	SIDECAR_RESULT_CACHE_BYTES: Type.Integer({
		default: 128 * mebibyte,
		minimum: 0,
		unit: "bytes",
		description:
			"Results of all models that are kept, so that a text that comes again is not run again. 0: none.",
	}),
});

/** The settings as read: every one present, in its own type. */
export type Settings = Static<typeof SettingsSchema>;
