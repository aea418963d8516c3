// Configurations as they are published with the models, shortened to a few keys of no interest.
#include "models/workload/hugging_face.hpp"

#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;

struct Expected {
  std::int64_t heads, kv_heads, seq, width, layers, model_width, feed_forward_width;
  bool causal;
};

void expect(const std::string& text, const Expected& expected) {
  const Workload got = parse_hugging_face(text, "config.json");
  const Shape shape = got.shape();
  EXPECT_EQ(shape.heads, expected.heads) << text;
  EXPECT_EQ(shape.kv_heads, expected.kv_heads) << text;
  EXPECT_EQ(shape.seq_q, expected.seq) << text;
  EXPECT_EQ(shape.seq_kv, expected.seq) << text;
  EXPECT_EQ(shape.width_qk, expected.width) << text;
  EXPECT_EQ(shape.width_v, expected.width) << text;
  EXPECT_EQ(got.layers, expected.layers) << text;
  EXPECT_EQ(got.model_width, expected.model_width) << text;
  EXPECT_EQ(got.feed_forward_width, expected.feed_forward_width) << text;
  EXPECT_EQ(shape.causal, expected.causal) << text;
  EXPECT_EQ(shape.phase, expected.causal ? Phase::prefill : Phase::self) << text;
  EXPECT_FALSE(got.source.empty());
}

const std::string kBert =
    R"({"architectures": ["BertForMaskedLM"], "hidden_act": "gelu", "hidden_size": 768, "intermediate_size": 3072,
  "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12,
  "vocab_size": 30522})";

TEST(HuggingFace, Encoders) {
  expect(kBert, {12, 12, 512, 64, 12, 768, 3072, false});
  expect(
      R"({"hidden_size": 768, "intermediate_size": 3072, "max_position_embeddings": 514, "model_type": "roberta",
             "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1})",
      {12, 12, 512, 64, 12, 768, 3072, false});
  expect(
      R"({"dim": 768, "hidden_dim": 3072, "max_position_embeddings": 512, "model_type": "distilbert", "n_heads": 12, "n_layers": 6})",
      {12, 12, 512, 64, 6, 768, 3072, false});
  expect(
      R"({"model_type": "t5", "d_ff": 2048, "d_kv": 64, "d_model": 512, "n_positions": 512, "num_heads": 8, "num_layers": 6})",
      {8, 8, 512, 64, 6, 512, 2048, false});
  // T5 3B: heads are wider together than the model; no n_positions as in later files.
  expect(
      R"({"model_type": "t5", "d_ff": 16384, "d_kv": 128, "d_model": 1024, "num_heads": 32, "num_layers": 24})",
      {32, 32, kDefaultSeq, 128, 24, 1024, 16384, false});
  expect(
      R"({"model_type": "xlm", "emb_dim": 2048, "n_heads": 16, "n_layers": 12, "max_position_embeddings": 512, "causal": false})",
      {16, 16, 512, 128, 12, 2048, 8192, false});
}

TEST(HuggingFace, Decoders) {
  expect(R"({"model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12})",
         {12, 12, 1024, 64, 12, 768, 3072, true});
  expect(
      R"({"model_type": "gpt2", "n_ctx": 512, "n_positions": 1024, "n_embd": 1024, "n_head": 16, "n_layer": 24, "n_inner": null})",
      {16, 16, 1024, 64, 24, 1024, 4096, true});
  expect(
      R"({"model_type": "gpt2", "n_positions": 2048, "n_embd": 64, "n_head": 4, "n_layer": 2, "n_inner": 100})",
      {4, 4, 2048, 16, 2, 64, 100, true});
  expect(
      R"({"model_type": "transfo-xl", "d_head": 64, "d_inner": 4096, "d_model": 1024, "n_head": 16, "n_layer": 18, "mem_len": 1600})",
      {16, 16, kDefaultSeq, 64, 18, 1024, 4096, true});
  // Llama 3 8B: four query heads a key head. Gemma 7B: heads wider together than the model.
  expect(
      R"({"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 8192,
             "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "rope_scaling": null})",
      {32, 8, 8192, 128, 32, 4096, 14336, true});
  expect(
      R"({"model_type": "gemma", "head_dim": 256, "hidden_size": 3072, "intermediate_size": 24576, "max_position_embeddings": 8192,
             "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 16})",
      {16, 16, 8192, 256, 28, 3072, 24576, true});
  // Llama 1 has no num_key_value_heads.
  expect(
      R"({"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 2048,
             "num_attention_heads": 32, "num_hidden_layers": 32})",
      {32, 32, 2048, 128, 32, 4096, 11008, true});
}

std::string without(const std::string& key) {
  std::string text = kBert;
  return text.replace(text.find("\"" + key + "\""), key.size() + 2, "\"was_" + key + "\"");
}

std::string bert_with(const std::string& from, const std::string& to) {
  std::string text = kBert;
  return text.replace(text.find(from), from.size(), to);
}

void refused(const std::string& text, std::initializer_list<std::string> parts) {
  expect_refused([&] { parse_hugging_face(text, "some/config.json"); }, {"some/config.json"});
  expect_refused([&] { parse_hugging_face(text, "some/config.json"); }, parts);
}

TEST(HuggingFace, MissingKeysAreNamed) {
  for (const std::string key : {"hidden_size", "intermediate_size", "max_position_embeddings",
                                "num_attention_heads", "num_hidden_layers"}) {
    refused(without(key), {key + ": missing key", "a whole number from 1"});
  }
  refused(without("model_type"), {"model_type", "'bert'", "'llama'"});
  refused(R"({"model_type": "t5", "d_ff": 1, "d_model": 1, "num_heads": 1, "num_layers": 1})",
          {"d_kv", "missing key"});
  refused(R"({"model_type": "gpt2"})", {"n_embd", "n_head", "n_layer", "n_positions"});
}

TEST(HuggingFace, WrongValuesAreNamed) {
  refused(bert_with("\"bert\"", "\"brt\""), {"model_type = 'brt'", "did you mean 'bert'"});
  refused(bert_with("\"bert\"", "7"), {"model_type = '7'"});
  refused(bert_with(": 768", ": 0"), {"hidden_size = '0'", "from 1"});
  refused(bert_with(": 768", ": -768"), {"hidden_size = '-768'"});
  refused(bert_with(": 768", ": 768.0"), {"hidden_size = '768.0'"});
  refused(bert_with(": 768", ": \"768\""), {"hidden_size"});
  refused(bert_with(": 768", ": null"), {"hidden_size", "missing key"});
  refused(bert_with(": 768", ": 99999999999999999999"), {"hidden_size"});
  refused(bert_with(": 768", ": 770"),
          {"num_attention_heads = '12'", "must divide hidden_size (770)"});
  refused(bert_with("\"hidden_act\"", "\"hidden_size\""), {"hidden_size", "stands twice"});
  refused(
      R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 1, "max_position_embeddings": 1, "num_attention_heads": 6,
              "num_hidden_layers": 1})",
      {"num_attention_heads", "head_dim must be given"});
  refused(
      R"({"model_type": "xlm", "emb_dim": 64, "n_heads": 4, "n_layers": 1, "max_position_embeddings": 5, "causal": "no"})",
      {"causal", "true or false"});
  refused(
      R"({"model_type": "roberta", "hidden_size": 8, "intermediate_size": 1, "max_position_embeddings": 2,
              "num_attention_heads": 1, "num_hidden_layers": 1})",
      {"max_position_embeddings = '2'", "reserved"});
  refused("[]", {"must be an object"});
  refused("", {"not JSON"});
  refused("{\n  \"a\": x}", {":2:8", "not JSON"});
}

class HuggingFaceFile : public test::InFolder {};

TEST_F(HuggingFaceFile, IsTakenForAWorkload) {
  EXPECT_EQ(load_workload(write("bert.json", kBert)).name, "bert");
  const std::string odd =
      R"({"model_type": "llama", "hidden_size": 96, "intermediate_size": 1, "max_position_embeddings": 8,
                              "num_attention_heads": 6, "num_hidden_layers": 1, "num_key_value_heads": 4})";
  const auto path = write("odd.json", odd);
  expect_refused([&] { load_workload(path); },
                 {"odd.json", "kv_heads = '4'", "divide the 6 heads"});
}

}  // namespace
}  // namespace weft::workload
