# Sources of a target compiled in batches: headers are read, and templates made, once a batch. Half of what one by one costs;
# a change to one file compiles its batch, and no two sources of a target may have a name of their own alike, or the compiler
# complains. -DWEFT_UNITY=OFF compiles each alone, as the preset dev does.
option(WEFT_UNITY "Compile the sources of a target in batches" ON)

# weft_batches(TARGET SIZE): sources with options of their own stay alone.
function(weft_batches target size)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${WEFT_UNITY} UNITY_BUILD_BATCH_SIZE ${size})
endfunction()
