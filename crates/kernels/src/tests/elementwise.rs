//! What lies between products, against 64 bits, with the same bits by every instruction set.

use super::{Random, all_kernels};
use crate::Kernels;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn numbers(n: usize, random: &mut Random) -> Vec<f32> {
    (0..n).map(|_| 3.0 * random.normal()).collect()
}

#[test]
fn every_operation_is_that_of_its_formula_with_the_same_bits_on_all_kernels() {
    let mut random = Random(9);
    for n in [1, 15, 16, 33, 576] {
        let (a, b) = (numbers(n, &mut random), numbers(n, &mut random));
        let results = |kernels: Kernels| {
            let (mut scaled, mut gated, mut sum) = (vec![0.0; n], b.clone(), a.clone());
            kernels.scale(&a, 0.3, &b, &mut scaled).unwrap();
            kernels.gate(&a, &mut gated).unwrap();
            kernels.add(&mut sum, &b).unwrap();
            let mut exponentials = vec![0.0; n];
            kernels.exponentials(&a, 20.0, 0.7, &mut exponentials);
            let one = vec![kernels.inverse_rms(&a, 1e-5), kernels.sum_of_exponentials(&a, 20.0) as f32];
            [scaled, gated, sum, exponentials, one]
        };
        let expected = results(Kernels::detect());
        for kernels in all_kernels() {
            assert_eq!(results(kernels), expected, "{kernels:?}");
        }
        let wide =
            |numbers: &[f32]| -> Vec<f64> { numbers.iter().map(|number| f64::from(*number)).collect() };
        let (a, b) = (wide(&a), wide(&b));
        let near = |found: f32, exact: f64| {
            assert!(
                (f64::from(found) - exact).abs() <= 1e-6 * exact.abs().max(1e-6),
                "{found} is not {exact}"
            );
        };
        for i in 0..n {
            near(expected[0][i], a[i] * f64::from(0.3f32) * b[i]);
            near(expected[1][i], a[i] / (1.0 + (-a[i]).exp()) * b[i]);
            near(expected[3][i], ((a[i] - 20.0) / f64::from(0.7f32)).exp());
        }
        let mean_square = a.iter().map(|number| number * number).sum::<f64>() / n as f64;
        near(expected[4][0], 1.0 / (mean_square + f64::from(1e-5f32)).sqrt());
        near(expected[4][1], a.iter().map(|number| (number - 20.0).exp()).sum());
    }
}

#[test]
fn what_is_not_finite_has_no_exponential() {
    for kernels in all_kernels() {
        let mut output = [1.0; 4];
        let numbers = [f32::NAN, 1.0, f32::NEG_INFINITY, f32::INFINITY];
        kernels.exponentials(&numbers, 1.0, 1.0, &mut output);
        assert_eq!((output, kernels.sum_of_exponentials(&numbers, 1.0)), ([0.0, 1.0, 0.0, 0.0], 1.0));
    }
}

/// A quarter turn takes (1, 0) to (0, 1) and (0, 1) to (−1, 0); what is not turned stays.
#[test]
fn pairs_turn_side_by_side_or_apart() {
    let quarter = [(0.0, 1.0); 2];
    for kernels in all_kernels() {
        let mut adjacent = [1.0, 0.0, 0.0, 1.0, 5.0];
        kernels.turn(&mut adjacent, &quarter, true).unwrap();
        assert_eq!(adjacent, [0.0, 1.0, -1.0, 0.0, 5.0]);
        let mut apart = [1.0, 0.0, 0.0, 1.0, 5.0];
        kernels.turn(&mut apart, &quarter, false).unwrap();
        assert_eq!(apart, [0.0, -1.0, 1.0, 0.0, 5.0]);
        assert!(kernels.turn(&mut [0.0; 3], &quarter, false).is_err());
    }
    let kernels = Kernels::detect();
    assert!(kernels.add(&mut [0.0; 2], &[0.0]).is_err());
    assert!(kernels.gate(&[0.0], &mut [0.0; 2]).is_err());
    assert!(kernels.scale(&[0.0], 1.0, &[0.0; 2], &mut [0.0; 2]).is_err());
}
