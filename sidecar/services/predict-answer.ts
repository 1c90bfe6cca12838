import { vectorJson } from "../../ingest/vector-json.ts";
import type { PoolingMode } from "../../schemas/model.ts";
import type { PredictRequest } from "../../schemas/predict.ts";
import type { SparseVector } from "./sparse-encoding.ts";

/** What a request says about the tensors it wants. */
export type TensorFilter = Pick<
	PredictRequest,
	"target_response" | "target_response_positions" | "return_number"
>;

/** Poolings whose vectors ml-commons shows as a row of a matrix. */
const rowPoolings: readonly (PoolingMode | undefined)[] = ["MAX", "NONE"];

/** `inference_results` of these entries, each of them JSON. */
export function answerJson(entries: readonly string[]): string {
	return `{"inference_results":[${entries.join(",")}]}`;
}

/** A text's vector. Of an ONNX model ml-commons knows no bytes, whatever `return_bytes` says. */
export function embeddingJson(
	vector: Float32Array,
	poolingMode: PoolingMode | undefined,
	filter: TensorFilter,
): string {
	const name = "sentence_embedding";
	if (!isWanted(name, filter)) return "{}";
	const shape = rowPoolings.includes(poolingMode)
		? `1,${vector.length}`
		: vector.length;
	const data =
		filter.return_number === false ? "" : `,"data":${vectorJson(vector)}`;
	return tensorsJson(
		`{"name":"${name}","data_type":"FLOAT32","shape":[${shape}]${data}}`,
	);
}

/** A text's weights by a SPARSE_ENCODING model. */
export function encodingJson(
	vector: SparseVector,
	filter: TensorFilter,
): string {
	const name = "output";
	if (!isWanted(name, filter)) return "{}";
	return tensorsJson(`{"name":"${name}",${responseJson(vector)}}`);
}

/** A text's weights by a SPARSE_TOKENIZE model; in ml-commons they have no name, and no filter holds. */
export function tokensJson(vector: SparseVector): string {
	return tensorsJson(`{${responseJson(vector)}}`);
}

/** A pair's scores; in ml-commons no filter holds, and the bytes are always there. */
export function similarityJson(scores: Float32Array): string {
	const bytes = Buffer.alloc(scores.byteLength);
	scores.forEach((score, index) => {
		bytes.writeFloatLE(score, index * Float32Array.BYTES_PER_ELEMENT);
	});
	const buffer = `{"array":"${bytes.toString("base64")}","order":"LITTLE_ENDIAN"}`;
	return tensorsJson(
		`{"name":"similarity","data_type":"FLOAT32","shape":[${scores.length}],"data":${vectorJson(scores)},"byte_buffer":${buffer}}`,
	);
}

/** A question's answer. */
export function questionJson(answer: string): string {
	return tensorsJson(`{"result":${JSON.stringify(answer)}}`);
}

/** As in ml-commons a tensor is wanted by its name or by its place; there is one, at place 0. */
function isWanted(name: string, filter: TensorFilter): boolean {
	const names = filter.target_response ?? [];
	const positions = filter.target_response_positions ?? [];
	const all = names.length === 0 && positions.length === 0;
	return all || names.includes(name) || positions.includes(0);
}

function tensorsJson(tensor: string): string {
	return `{"output":[${tensor}]}`;
}

function responseJson(vector: SparseVector): string {
	return `"dataAsMap":{"response":[${JSON.stringify(vector)}]}`;
}
