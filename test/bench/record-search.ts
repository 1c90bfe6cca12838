import { recordingFile } from "../helpers/search-cases/recording.ts";
import { recordToFile } from "./recorded-file.ts";
import { recordSearches } from "./recorded-searches.ts";

await recordToFile(recordingFile, recordSearches);
