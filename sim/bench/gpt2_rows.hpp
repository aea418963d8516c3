// Rows as SpAtten's file for GPT-2 small on WikiText-2 has them: 992 tokens of prompt, 32
// iterations of 12 layers and 12 heads. Which rows need lower bits follows the file's counts by
// layer.
#pragma once

#include <string>

namespace weft::bench {

inline std::string gpt2_rows() {
  std::string text =
      "iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,"
      "quant_key_bit,quant_query_bit,auto_requant_thres,if_requant,auto_requant_incre,"
      "value_fetch_num,quant_value_bit,if_accumulate_importance,if_rescale_previous_importance,"
      "if_topk,topk\n";
  const int keys_of[12] = {921, 716, 204, 204, 204, 204, 102, 102, 102, 102, 102, 102};
  const int values_of[12] = {184, 143, 40, 40, 40, 40, 20, 20, 20, 20, 20, 20};
  for (int i = 0; i < 32; ++i) {
    for (int l = 0; l < 12; ++l) {
      const int keys = i == 0 ? 993 : keys_of[l];
      for (int h = 0; h < 12; ++h) {
        // 51 of 993 keys, 112 of 921 and 160 of 716.
        const int ordinal = (i - 1) * 12 + h;
        const bool lower =
            i == 0 ? l * 12 + h < 51 : (l == 0 && ordinal < 112) || (l == 1 && ordinal < 160);
        std::string after = "False,False,-1";
        if (h == 11 && i < 31) {
          if (l == 11) after = "True,True,921";
          if (i > 0 && l == 0) after = "False,True,716";
          if (i > 0 && l == 1) after = "False,True,204";
          if (i > 0 && l == 5) after = "False,True,102";
        }
        text += std::to_string(i) + "," + std::to_string(l) + "," + std::to_string(h) + ",64.0," +
                std::to_string(993 + i) + "," + std::to_string(keys) + ",6,16,0.05," +
                (lower ? "True" : "False") + ",4," + std::to_string(i == 0 ? 204 : values_of[l]) +
                ",6,True," + after + "\n";
      }
    }
  }
  return text;
}

}  // namespace weft::bench
